/**
 * Connects to the one node of a Redis Cluster that holds our keys. They share a hash tag, so they are in one
 * slot, and a full cluster client (connections to every node, redirections per command) would add nothing.
 * When the slot moves, by failover or by hand, the node answers MOVED or is gone, and the connection is
 * replaced by one to the new owner.
 *
 * Not `Cluster` of ioredis: it makes its subscriber's connection without a timeout and offers no PING on it.
 * Tested with 6.0.0 on three primaries whose connections all died silently: commands worked again after 3 s,
 * but no message arrived within 90 s. And commands without a key (TIME, PING, INFO) go to any node, each with
 * its own clock.
 */
import { type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';

import type { ClusterNode } from '../config/urls/redis-cluster-url.ts';
import { keys } from './keys.ts';

/** `[first slot, last slot, [host, port, …], …replicas]`; an empty host means the queried node. */
const slotsReply = z.array(
  z
    .tuple([z.number(), z.number(), z.tuple([z.string().nullable(), z.number()]).rest(z.unknown())])
    .rest(z.unknown()),
);

const ASK_TIMEOUT_MS = 2_000;
const DISCONNECT_TIMEOUT_MS = 2_000;

/**
 * Options for a connection that follows our slot.
 *
 * @param seeds nodes to query; one is enough, it reports the others
 * @param login user, password and TLS, the same on all nodes
 */
export function clusterOptions(
  seeds: readonly ClusterNode[],
  login: Pick<RedisOptions, 'username' | 'password' | 'tls'>,
): RedisOptions {
  let known = seeds;
  class SlotConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    async connect(): Promise<Socket> {
      this.connecting = true;
      const found = await findOwner(known, login);
      // Keep the seeds: all discovered nodes may be replaced one day.
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
    // The command was not run: it may be resent to the slot's new owner.
    reconnectOnError: ({ message }) => (/^(MOVED|ASK|CLUSTERDOWN) /.test(message) ? 2 : false),
  };
}

interface ClusterView {
  readonly owner: ClusterNode;
  readonly nodes: readonly ClusterNode[];
}

/** @throws the last node's Error if none of them knows */
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
    connectTimeout: ASK_TIMEOUT_MS,
    commandTimeout: ASK_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
    replyMapping: 'legacy',
  });
  // The rejected promises carry the error; without a listener ioredis would print it too.
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
