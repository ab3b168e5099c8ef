/** Addresses at which other programs and machines reach a listener on this machine. */
import { networkInterfaces } from 'node:os';

import { readDocument } from '@zephyr/runtime/config/load';
import { rawTable } from '@zephyr/runtime/config/raw';
import { ZephyrError } from '@zephyr/runtime/errors';

/** An address that programs on this machine can connect to. */
export function localHost(host: string): string {
  return isEverywhere(host) ? '127.0.0.1' : bracketed(host);
}

/** An address to show to people: the LAN address if the listener is bound to all addresses. */
export function hostForPeople(host: string): string {
  return isEverywhere(host) ? (lanAddress() ?? '127.0.0.1') : bracketed(host);
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
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

/** Where the proxy of a configuration listens. @throws ConfigError */
export function proxyAddressIn(configPath: string): {
  readonly host: string;
  readonly port: string;
} {
  const server = rawTable(readDocument(configPath)['server']);
  const { host = '127.0.0.1', port = 8080 } = server;
  return { host: String(host), port: String(port) };
}

/** @param example for the advice @throws ZephyrError `USAGE` where `--url` is no address */
export function checkedUrl(text: string, example: string): string {
  const isHttp = /^https?:\/\//.test(text) && URL.canParse(text);
  if (isHttp) return text.replace(/\/+$/, '');
  throw new ZephyrError('USAGE', `--url ${text} is not a URL`, {
    advice: [`for example: --url ${example}`],
  });
}
