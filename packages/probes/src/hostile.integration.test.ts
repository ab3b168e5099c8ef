/** Endpoints that try to exhaust the prober's memory or time, or to abuse its place in the network. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import { MIB } from '@zephyr/contract/units';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import {
  chunk,
  chunkedHead,
  drip,
  head,
  sse,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, type TestContext } from 'vitest';
import { z } from 'zod';

import { createStartGate } from './claude-cli/start-gate.ts';
import { runProbe } from './probe.ts';
import { bearer } from './test-support/bearer.ts';

const PROGRAM = fileURLToPath(new URL('./test-support/hostile-probes-main.ts', import.meta.url));
const STREAM = { 'content-type': 'text/event-stream' };

/** Writes for as long as the peer reads. */
async function pour(socket: Socket, bytes: string | Buffer): Promise<void> {
  const closed = once(socket, 'close');
  while (!socket.destroyed) {
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), closed]);
  }
}

const endless =
  (start: string, bytes: string): UpstreamScript =>
  async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(start);
    await pour(socket, bytes);
  };

const filler = 'x'.repeat(60_000);
const HOSTILE: Readonly<Record<string, UpstreamScript>> = {
  blanks: endless(chunkedHead(200, STREAM), chunk(' '.repeat(60_000))),
  comments: endless(chunkedHead(200, STREAM), chunk(`: ${filler}\n\n`)),
  json: endless(
    chunkedHead(200, { 'content-type': 'application/json' }) + chunk('{"type":"message","id":"'),
    chunk(filler),
  ),
  'an error': endless(chunkedHead(529, { 'content-type': 'application/json' }), chunk(filler)),
  headers: endless('HTTP/1.1 200 OK\r\n', `x-${filler.slice(0, 1000)}: y\r\n`),
  'interim answers': endless('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(1_000)),
  trailers: endless(`${chunkedHead(200, STREAM)}0\r\n`, `x-trailer: ${filler.slice(0, 1000)}\r\n`),
  'chunk extensions': endless(`${chunkedHead(200, STREAM)}1;x=`, filler),
  'a gzip bomb': endless(
    chunkedHead(200, { ...STREAM, 'content-encoding': 'gzip' }),
    chunk(
      gzipSync(Buffer.alloc(64 * MIB))
        .toString('latin1')
        .slice(0, 60_000),
    ),
  ),
  'a drip': drip(`${chunkedHead(200, STREAM)}${chunk(': x\n').repeat(10_000)}`, 100),
};

const reportSchema = z.object({
  verdicts: z.record(z.string(), z.array(z.looseObject({ status: z.string() }))),
  beside: z.array(z.looseObject({ status: z.string() })),
  grownBytes: z.number(),
});

async function start(context: TestContext, script: UpstreamScript) {
  const upstream = await startScriptedUpstream({ script });
  context.onTestFinished(() => upstream.stop());
  return upstream;
}

/** A CLI starts slowly; the forwarder reads for it, in the same way as the other style. */
const KINDS = {
  messages: Object.keys(HOSTILE),
  cli: ['blanks', 'comments', 'json', 'interim answers'],
} as const;

describe.each(['messages', 'cli'] as const)('a hostile endpoint, probed in style %s', (style) => {
  it('takes no memory and does not affect other probes, twice', {
    timeout: 180_000,
  }, async (context) => {
    const good = await start(context, sse());
    const urls = await Promise.all(
      KINDS[style].map(async (kind) => (await start(context, HOSTILE[kind] ?? sse())).url),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      PROGRAM,
      style,
      good.url,
      ...urls,
    ]);
    const report = reportSchema.parse(JSON.parse(stdout));
    console.log(`hostile endpoints, ${style}: ${Math.round(report.grownBytes / MIB)} MiB more`);
    expect(report.grownBytes).toBeLessThan(100 * MIB);
    expect(report.beside.map(({ status }) => status)).toEqual(['ok', 'ok']);
    const both = Object.values(report.verdicts);
    expect(both.flat()).toHaveLength(2 * urls.length);
    expect(both.flat().map(({ status }) => status)).not.toContain('ok');
  });
});

describe.each<ProbeStyle>(['cli', 'messages', 'http'])(
  'a redirect, probed in style %s',
  (style) => {
    it.for([301, 302, 303, 307, 308])('of status %i is not followed', async (status, context) => {
      const internal = await start(context, sse());
      const upstream = await start(context, async ({ socket, bodyComplete }) => {
        await bodyComplete;
        const location = `${internal.url}/latest/meta-data`;
        socket.write(
          head(status, { location, refresh: `0; url=${location}`, 'content-length': '0' }),
        );
      });
      const { verdict } = await runProbe(
        style,
        {
          baseUrl: upstream.url,
          headers: bearer('sk-canary'),
          model: 'claude-haiku-4-5',
          timeoutMs: 15_000,
        },
        { signal: new AbortController().signal, gate: createStartGate(1) },
      );
      expect(internal.ledger).toEqual([]);
      expect(upstream.ledger.length).toBeGreaterThan(0);
      if (style !== 'http') expect(verdict).toMatchObject({ failure: 'not_claude' });
    });
  },
);
