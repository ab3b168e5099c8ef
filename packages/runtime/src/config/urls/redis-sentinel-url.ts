/** URLs of Redis behind Sentinels: which Sentinels they name. */
/** `redis+sentinel://<name of the primary>?node=<host:port>&node=…`; with `rediss`, all of it over TLS. */
import { withoutBrackets } from '../../host.ts';
export const SENTINEL_SCHEMES: readonly string[] = ['redis+sentinel:', 'rediss+sentinel:'];
/** The port of `redis-sentinel`, if a node names none. */
const SENTINEL_PORT = 26_379;

export interface SentinelNode {
  readonly host: string;
  readonly port: number;
}

/** The Sentinels that a URL names. @throws TypeError for a node that is not host and port. */
export function sentinelNodes(url: URL): SentinelNode[] {
  return url.searchParams.getAll('node').map((node) => {
    const { hostname, port } = new URL(`redis://${node}`);
    const host = withoutBrackets(hostname);
    return { host, port: port === '' ? SENTINEL_PORT : Number(port) };
  });
}
