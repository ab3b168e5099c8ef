/**
 * The least that could do what an idle Zephyr does: Node with its client for Redis, and nothing to compute.
 *
 *     node bench/laptop/bare-node.ts <socket of Redis> <questions per second>
 */
import { Redis } from 'ioredis';

const [, , socket = '', perSecond = '1'] = process.argv;
const redis = new Redis({ path: socket });
setInterval(() => void redis.ping(), 1_000 / Number(perSecond));
