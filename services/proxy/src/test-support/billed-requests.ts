/** Requests whose tokens a scripted endpoint charges for, and their entries in the ledger. */
import { request } from 'node:http';
import { isDeepStrictEqual } from 'node:util';

import { DAY_MS } from '@zephyr/contract/units';
import {
  type RequestRecord,
  requestRecordSchema,
  type UsageRow,
} from '@zephyr/contract/usage/usage';
import { usageReport } from '@zephyr/core';
import { keys } from '@zephyr/runtime/redis/keys';
import { readUsage } from '@zephyr/runtime/redis/usage-store';
import {
  chunk,
  chunkedHead,
  LAST_CHUNK,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';

export const MODEL = 'claude-haiku-4-5';
interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}

/** What the scripted endpoint has charged. */
export class Bill {
  input = 0;
  output = 0;
  read = 0;
  write = 0;
  answers = 0;
  #next = 1;

  /** Different numbers for each answer. */
  tokens(): Tokens {
    const n = this.#next;
    this.#next += 1;
    return { input: n, output: 3 * n, read: 1_000 + n, write5m: 2 * n, write1h: 5 * n };
  }

  charge({ input, output, read, write5m, write1h }: Tokens): void {
    this.answers += 1;
    this.input += input;
    this.output += output;
    this.read += read;
    this.write += write5m + write1h;
  }

  get sum() {
    const { input, output, read, write, answers } = this;
    return {
      ...{ requests: answers, input_tokens: input, output_tokens: output },
      ...{ cache_read_tokens: read, cache_write_tokens: write },
    };
  }
}

const usageOf = ({ input, read, write5m, write1h }: Tokens) => ({
  input_tokens: input,
  cache_read_input_tokens: read,
  cache_creation_input_tokens: write5m + write1h,
  cache_creation: { ephemeral_5m_input_tokens: write5m, ephemeral_1h_input_tokens: write1h },
});

/**
 * A stream that reports its tokens like the Messages API, and is charged for.
 * @param end when it continues after its first content
 */
export function charged(
  bill: Bill,
  end: Promise<void> = Promise.resolve(),
  model = MODEL,
): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    const tokens = bill.tokens();
    bill.charge(tokens);
    const event = (type: string, rest: object) =>
      chunk(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_1' }));
    socket.write(
      event('message_start', {
        message: { model, usage: { ...usageOf(tokens), output_tokens: 1 } },
      }),
    );
    socket.write(
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    );
    socket.write(
      event('content_block_delta', {
        index: 0,
        delta: { type: 'text_delta', text: '"message_delta"' },
      }),
    );
    await end;
    socket.write(event('message_delta', { delta: {}, usage: { output_tokens: tokens.output } }));
    socket.write(event('message_stop', {}));
    socket.write(LAST_CHUNK);
  };
}

const body = (model = MODEL) =>
  JSON.stringify({ model, max_tokens: 9, messages: [], stream: true });

/** Resolves when the answer has ended, in any way. */
export function ask(
  port: number,
  options: {
    readonly key?: string;
    readonly model?: string;
    readonly body?: string;
    readonly path?: string;
    readonly method?: string;
    readonly signal?: AbortSignal;
  } = {},
) {
  const { key, model, path = '/v1/messages', method = 'POST', signal } = options;
  return new Promise<number>((resolve) => {
    const req = request({
      ...{
        port,
        host: '127.0.0.1',
        method,
        path,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'x-api-key': key }),
      },
    });
    req.on('response', (res) => {
      res.resume();
      res.on('end', () => resolve(res.statusCode ?? 0));
      res.on('error', () => resolve(0));
      res.on('close', () => resolve(0));
    });
    req.on('error', () => resolve(0));
    req.end(method === 'POST' ? (options.body ?? body(model)) : undefined);
  });
}

export async function ledgerOf(
  redis: Redis,
  by: Parameters<typeof usageReport>[1]['by'] = ['person', 'endpoint', 'model'],
) {
  const nowMs = Date.now();
  const sinceAtMs = nowMs - (nowMs % DAY_MS) - DAY_MS;
  const range = { sinceAtMs, untilAtMs: nowMs + DAY_MS };
  const read = async (unit: 'hour' | 'day') => {
    const { rows, rejected } = await readUsage(redis, { ...range, unit });
    expect(rejected).toBe(0);
    return rows;
  };
  const totalOf = (rows: readonly UsageRow[]) => usageReport(rows, { ...range, by: [] }).total;
  const [before, hours, days] = [await read('day'), await read('hour'), await read('day')];
  // Unless a proxy has written in between.
  if (isDeepStrictEqual(totalOf(before), totalOf(days))) {
    expect(totalOf(hours)).toEqual(totalOf(days));
  }
  return usageReport(days, { ...range, by });
}

export async function recordsOf(redis: Redis): Promise<RequestRecord[]> {
  const entries = await redis.xrange(keys.requests, '-', '+');
  return entries.map(([, [, text]]) => requestRecordSchema.parse(JSON.parse(text ?? '')));
}

/** Sends requests until stopped, several at a time. */
export function traffic(port: number | (() => number)) {
  let isWanted = true;
  let asked = 0;
  let answered = 0;
  const one = async (): Promise<void> => {
    while (isWanted) {
      asked += 1;
      if ((await ask(typeof port === 'number' ? port : port())) === 200) answered += 1;
    }
  };
  const all = Promise.all([one(), one(), one()]);
  return {
    asked: () => asked,
    answered: () => answered,
    stop: async () => {
      isWanted = false;
      await all;
    },
  };
}
