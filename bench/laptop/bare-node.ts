/**
 * The least that could do what an idle Zephyr does: Node with a connection to Redis, and nothing to compute.
 *
 *     node bench/laptop/bare-node.ts <socket of Redis> <questions per second>
 */
import { connect } from 'node:net';

const [, , path = '', perSecond = '1'] = process.argv;
const socket = connect({ path });
socket.resume();
setInterval(() => socket.write('PING\r\n'), 1_000 / Number(perSecond));
process.on('disconnect', () => process.exit());
