/**
 * The cost of a probe of each style, and whether concurrent probes make each other look slow. A 1,000 ms
 * endpoint on loopback, in a separate process; prints Markdown.
 *
 *     node bench/probe-styles.ts [runs per style, default 7]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { PROBE_STYLES, type ProbeStyle } from '@zephyr/contract/probe/probe';
import { cautiousPriceOf, costUsd } from '@zephyr/core';
import { createStartGate, DEFAULT_STARTS } from '@zephyr/probes/claude-cli/start-gate';
import { type ProbeReport, runProbe } from '@zephyr/probes/probe';
import { credentialsOf } from '@zephyr/runtime/credential';
import { messageEvents, renderEvent } from '@zephyr/testkit/messages-api';

const DELAY_MS = 1_000;
const HEADERS = { lines: credentialsOf('sk-bench', 'bearer'), secrets: ['sk-bench'] };
const MODEL = 'claude-haiku-4-5';
/** English text and JSON have three to four characters per token; this is the expensive end. */
const CHARACTERS_PER_TOKEN = 3.5;
const TICKS_PER_SECOND = 100;
const AT_ONCE = 5;

if (process.send !== undefined) await serve(process.send.bind(process));
else await measure(Number(process.argv[2] ?? 7));

/** The endpoint: answers after `DELAY_MS`, charges by the length of the model's input. */
async function serve(send: (message: unknown) => void): Promise<void> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.end();
      const body = Buffer.concat(chunks).toString();
      send({ bytes: body.length });
      const { system, messages, max_tokens: limit } = JSON.parse(body) as Record<string, unknown>;
      const read = textsOf([system, messages]).join('').length;
      const inputTokens = Math.ceil(read / CHARACTERS_PER_TOKEN);
      const outputTokens = Math.min(5, Number(limit));
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const answer = { text: 'pong', model: MODEL, inputTokens, outputTokens };
        response.end(messageEvents(answer).map(renderEvent).join(''));
      }, DELAY_MS);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  send({ port: (server.address() as AddressInfo).port });
  process.on('disconnect', () => process.exit());
}

/** Every `text` in the parts of a request. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  const { text, content } = value as Record<string, unknown>;
  return textsOf([text ?? [], content ?? []].flat());
}

async function measure(runs: number): Promise<void> {
  const endpoint = fork(import.meta.filename);
  let bytes = 0;
  endpoint.on('message', (message: { bytes?: number }) => {
    bytes = message.bytes ?? bytes;
  });
  const [{ port }] = (await once(endpoint, 'message')) as [{ port: number }];
  const baseUrl = `http://127.0.0.1:${port}`;
  const check = (style: ProbeStyle, gate = createStartGate()): Promise<ProbeReport> =>
    runProbe(
      style,
      { baseUrl, headers: HEADERS, model: MODEL, timeoutMs: 60_000 },
      { signal: new AbortController().signal, gate },
    );

  console.log('| style | wall ms | API ms | CPU s | request bytes | tokens in / out | USD |');
  console.log('|---|---|---|---|---|---|---|');
  for (const style of PROBE_STYLES) {
    bytes = 0;
    const before = childCpuSeconds();
    const reports: ProbeReport[] = [];
    for (let run = 0; run < runs; run += 1) reports.push(await check(style));
    const cpu = (childCpuSeconds() - before) / runs;
    const { usage } = reports[0] ?? { usage: undefined };
    const usd = usage === undefined ? 0 : costUsd(usage, cautiousPriceOf(MODEL));
    console.log(
      `| ${style} | ${medianOf(reports.map(({ wallMs }) => wallMs))} | ${medianOf(reports.map(apiMs))} | ` +
        `${cpu.toFixed(2)} | ${bytes} | ${usage?.inputTokens} / ${usage?.outputTokens} | ${usd.toFixed(6)} |`,
    );
  }

  console.log(`\n${AT_ONCE} checks at once, style cli, true value ${DELAY_MS} ms:\n`);
  console.log('| starts at once | wall ms: median [range] | API ms: median [range] |');
  console.log('|---|---|---|');
  for (const places of [AT_ONCE, DEFAULT_STARTS]) {
    const reports: ProbeReport[] = [];
    for (let round = 0; round < 3; round += 1) {
      const gate = createStartGate(places);
      reports.push(
        ...(await Promise.all(Array.from({ length: AT_ONCE }, () => check('cli', gate)))),
      );
    }
    const wall = reports.map(({ wallMs }) => wallMs);
    console.log(`| ${places} | ${rangeOf(wall)} | ${rangeOf(reports.map(apiMs))} |`);
  }
  endpoint.disconnect();
}

function apiMs({ verdict }: ProbeReport): number {
  if (verdict.status === 'failed') throw new Error(`a check failed: ${verdict.detail}`);
  return verdict.latencyMs;
}

/** Of ended children: fields 16 and 17 of /proc/self/stat, parsed after the program's name. */
function childCpuSeconds(): number {
  const text = readFileSync('/proc/self/stat', 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rangeOf(values: readonly number[]): string {
  return `${medianOf(values)} [${Math.min(...values)}–${Math.max(...values)}]`;
}
