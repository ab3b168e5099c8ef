/**
 * Connects to the one node of a Redis Cluster that holds our keys. They share a hash tag, so they
 * are in one slot, and a client of the whole cluster (connections to every node, redirections for
 * each command) has nothing to offer. When the slot moves, by failover or by hand, the node answers
 * MOVED or is gone, and the connection is replaced by one to the node that holds it then.
 *
 * Not `Cluster` of ioredis: it makes its subscriber's connection without a time-out and offers no
 * PING on it. Tried with 6.0.0 on a cluster of three primaries whose lines all went dead silently:
 * commands worked again after 3 s, and no message arrived within 90 s. And commands without a key
 * (TIME, PING, INFO) go to any node, each with a clock of its own.
 */
import { type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';

export interface ClusterNode {
  readonly host: string;
  readonly port: number;
}

/** `[first slot, last slot, [host, port, …], …replicas]`; an empty host is that of the asked node. */
const slotsReply = z.array(
  z
    .tuple([z.number(), z.number(), z.tuple([z.string().nullable(), z.number()]).rest(z.unknown())])
    .rest(z.unknown()),
);

const ASK_LIMIT_MS = 2_000;
const DISCONNECT_LIMIT_MS = 2_000;

/**
 * Options of a connection that follows our slot.
 *
 * @param seeds nodes to ask; any one of them is enough, others are learnt from it
 * @param login user, password and TLS, the same on all nodes
 */
export function clusterOptions(
  seeds: readonly ClusterNode[],
  login: Pick<RedisOptions, 'username' | 'password' | 'tls'>,
): RedisOptions {
  let known = seeds;
  class SlotConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_LIMIT_MS);
    }

    async connect(): Promise<Socket> {
      this.connecting = true;
      const found = await findOwner(known, login);
      // The seeds stay: the nodes that were learnt may all be replaced one day.
      known = uniqueNodes([...found.nodes, ...seeds]);
      const { tls } = login;
      const stream =
        tls === undefined ? tcpConnect(found.owner) : tlsConnect({ ...found.owner, ...tls });
      this.stream = stream;
      return stream;
    }
  }
  return {
    Connector: SlotConnector,
    // The command was not run: it may be sent again to the node that has the slot now.
    reconnectOnError: ({ message }) => (/^(MOVED|ASK|CLUSTERDOWN) /.test(message) ? 2 : false),
  };
}

interface ClusterView {
  readonly owner: ClusterNode;
  readonly nodes: readonly ClusterNode[];
}

/** @throws Error of the last node when none of them knows. */
async function findOwner(nodes: readonly ClusterNode[], login: RedisOptions): Promise<ClusterView> {
  let last: unknown = new Error('no node of the cluster is named');
  for (const node of nodes) {
    try {
      return await askNode(node, login);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function askNode(node: ClusterNode, login: RedisOptions): Promise<ClusterView> {
  const redis = new Redis({
    ...login,
    ...node,
    lazyConnect: true,
    connectTimeout: ASK_LIMIT_MS,
    commandTimeout: ASK_LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
    replyMapping: 'legacy',
  });
  // The rejected promises carry the error; without a listener ioredis would also print it.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const slot = Number(await redis.cluster('KEYSLOT', keys.snapshot));
    const ranges = slotsReply.parse(await redis.cluster('SLOTS'));
    const nodeOf = ([host, port]: readonly [string | null, number, ...unknown[]]) => ({
      host: host === null || host === '' ? node.host : host,
      port,
    });
    const range = ranges.find(([first, lastSlot]) => first <= slot && slot <= lastSlot);
    if (range === undefined) throw new Error('no node of the cluster holds our keys');
    return { owner: nodeOf(range[2]), nodes: ranges.map(([, , primary]) => nodeOf(primary)) };
  } finally {
    redis.disconnect();
  }
}

function uniqueNodes(nodes: readonly ClusterNode[]): readonly ClusterNode[] {
  return [...new Map(nodes.map((node) => [`${node.host}:${node.port}`, node])).values()];
}
