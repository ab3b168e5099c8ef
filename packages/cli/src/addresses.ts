/** Where other programs and other machines reach what listens here. */
import { networkInterfaces } from 'node:os';

/** An address that a program on this machine can connect to. */
export function localHost(host: string): string {
  return isEverywhere(host) ? '127.0.0.1' : bracketed(host);
}

/** An address for people: of this machine in its network, where all addresses are listened on. */
export function hostForPeople(host: string): string {
  return isEverywhere(host) ? (lanAddress() ?? '127.0.0.1') : bracketed(host);
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The first address of a network card, not of a bridge between containers. */
function lanAddress(): string | undefined {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth|virbr|tun|tap|utun)/.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
