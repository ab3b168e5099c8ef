/**
 * The cost of traces in a proxy: CPU per request (1 KB, 64 connections) with `[traces]` relative to that
 * without, in one run on loopback. A second proxy without traces shows the noise.
 *
 *     node bench/traces.ts [--rounds <number>]
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import { type Contender, startScript, startZephyr } from '../services/proxy/bench/contenders.ts';
import { atOnce, cpuMs, median, warmUp } from '../services/proxy/bench/load.ts';

import { inRounds } from './data-path/more.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const REQUESTS = 3_000;
const JSON_PATH = '/v1/messages?bench=json';
const BODY = Buffer.from(
  JSON.stringify({
    model: 'claude-haiku-4-5',
    messages: [{ role: 'user', content: 'x'.repeat(1_000) }],
  }),
);

const upstream = await startScript('upstream', 'upstream-main.ts');
let batches = 0;
const collector = createServer((req, res) => {
  batches += 1;
  req.resume().on('end', () => res.end());
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const { port } = collector.address() as AddressInfo;
const traced = (ratio: number) =>
  `[traces]\notlp_endpoint = "http://127.0.0.1:${port}"\nsample_ratio = ${ratio}\n`;
const CONFIGS = { off: '', 'off again': '', 'one of ten': traced(0.1), all: traced(1) };

const proxies: Contender[] = [];
try {
  for (const [name, config] of Object.entries(CONFIGS)) {
    const urls = [`http://127.0.0.1:${upstream.port}`];
    proxies.push(await startZephyr(name, { urls, config }));
  }
  for (const proxy of proxies) await warmUp({ port: proxy.port, path: JSON_PATH, body: BODY });
  const rounds = await inRounds(proxies, cpuUs, Number(values.rounds));
  const off = rounds.get('off') ?? [];
  for (const [name, costs] of rounds) {
    const ratio = median(costs.map((cost, index) => cost / (off[index] ?? Number.NaN)));
    console.log(`${name}: ${median(costs).toFixed(0)} µs per request, ${ratio.toFixed(2)} of off`);
  }
  if (batches === 0) throw new Error('no trace has arrived');
} finally {
  for (const { stop } of proxies) stop();
  upstream.stop();
  collector.close();
}

async function cpuUs({ port: at, pid = 0 }: Contender): Promise<number> {
  const before = cpuMs(pid);
  await atOnce({ port: at, path: JSON_PATH, body: BODY }, 64, REQUESTS);
  return ((cpuMs(pid) - before) / REQUESTS) * 1000;
}
