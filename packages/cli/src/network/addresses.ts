/** Addresses at which other programs and machines reach a listener on this machine. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '@zephyr/contract/loopback';
import { server } from '@zephyr/runtime/config/keys/server';
import { readDocument } from '@zephyr/runtime/config/read/load';
import { fittingValues, rawTable } from '@zephyr/runtime/config/schema/raw';
import { nameIn } from '@zephyr/runtime/connection/tls-files';
import { ZephyrError } from '@zephyr/runtime/errors';
import { isEverywhere } from '@zephyr/runtime/host';
import { phrase } from '@zephyr/runtime/phrase';

/** A loopback-reachable form of a listen address. */
export function localHost(host: string): string {
  return isEverywhere(host) ? '127.0.0.1' : bracketed(host);
}

/** An address to show to people: the LAN address if the listener is bound to all addresses. */
function hostForPeople(host: string): string {
  return isEverywhere(host) ? (lanAddress() ?? '127.0.0.1') : bracketed(host);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The first address of a physical interface, not of a container bridge. */
function lanAddress(): string | undefined {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth|virbr|tun|tap|utun)/.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number | string;
  /** In PEM form; undefined: plain HTTP. */
  readonly certificate: string | undefined;
}

/** The URL to show to people; with TLS, by the certificate's name. */
export function urlForPeople({ host, port, certificate }: ListenAddress): string {
  if (certificate === undefined || isLoopback(host)) return `http://${hostForPeople(host)}:${port}`;
  return `https://${nameIn(certificate) ?? hostForPeople(host)}:${port}`;
}

/** The proxy's listen address from a configuration. @throws ConfigError */
export function proxyAddressIn(configPath: string): ListenAddress {
  const { host, port, tls_cert_file } = server.shape;
  const table = rawTable(readDocument(configPath)['server']);
  const { tls_cert_file: file, ...address } = fittingValues({ host, port, tls_cert_file }, table);
  return { ...address, certificate: file === undefined ? undefined : textOf(file) };
}

/** If it cannot be read, the configuration check reports it. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param example for the advice @throws ZephyrError `USAGE` if `--url` is not an address */
export function checkedUrl(text: string, example: string): string {
  const isHttp = /^https?:\/\//.test(text) && URL.canParse(text);
  if (isHttp && !hasCredentials(new URL(text))) return text.replace(/\/+$/, '');
  if (isHttp) {
    throw new ZephyrError('USAGE', phrase`--url has a user or a password in it`, {
      advice: [phrase`for example: --url ${example}`],
    });
  }
  throw new ZephyrError('USAGE', phrase`--url ${text} is not a URL`, {
    advice: [phrase`for example: --url ${example}`],
  });
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
