/** URLs of a Redis Cluster: which nodes they name. */
import { withoutBrackets } from '../../host.ts';

/** `redis+cluster://<host:port>?node=<host:port>&node=…`: any of the nodes; one live node is enough. */
export const CLUSTER_SCHEMES: readonly string[] = ['redis+cluster:', 'rediss+cluster:'];
/** The port of `redis-server`, if a URL or a node names none. */
export const REDIS_PORT = 6379;

export interface ClusterNode {
  readonly host: string;
  readonly port: number;
}

/** The nodes that a URL names. @throws TypeError for a node that is not host and port. */
export function clusterNodes(url: URL): ClusterNode[] {
  return [url.host, ...url.searchParams.getAll('node')].map((node) => {
    const { hostname, port } = new URL(`redis://${node}`);
    const host = withoutBrackets(hostname);
    return { host, port: port === '' ? REDIS_PORT : Number(port) };
  });
}
