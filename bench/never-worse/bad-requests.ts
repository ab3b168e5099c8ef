/**
 * One person's bad request three times, alongside ten ordinary ones of another person, twice in one process.
 * Both endpoints reject the bad one alike, and serve everything else.
 */
import { status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';

import { ask, isGood, type Question } from './client.ts';
import { type Ask, onlyWhere, page, refusal } from './endpoint.ts';
import { heldOut } from './product.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { onStage } from './stage.ts';

interface BadRequest {
  readonly what: string;
  readonly request: Partial<Question>;
  readonly answer: UpstreamScript;
}

const OPUS = 'claude-opus-5';
const COUNT_TOKENS = '/v1/messages/count_tokens?beta=true';

export const BAD_REQUESTS: readonly BadRequest[] = [
  {
    what: '403 for one model',
    request: { model: OPUS },
    answer: refusal(403, 'permission_error', `this token may not use the model ${OPUS}`),
  },
  {
    what: '402 "fewer max_tokens"',
    request: { maxTokens: 64_000 },
    answer: refusal(402, 'billing_error', 'this request needs more credit; try fewer max_tokens'),
  },
  ...['credit balance is too low', 'insufficient_quota'].map((model) => ({
    what: `404 that quotes the model "${model}"`,
    request: { model },
    answer: refusal(404, 'not_found_error', `model: ${model}`),
  })),
  {
    what: '429 of one model for a day',
    request: { model: OPUS },
    answer: refusal(429, 'rate_limit_error', "would exceed your account's Opus limit", {
      'retry-after': '86400',
    }),
  },
  {
    what: '529 of one model',
    request: { model: OPUS },
    answer: refusal(529, 'overloaded_error', 'Overloaded'),
  },
  {
    what: '503 "no available channel for model"',
    request: { model: OPUS },
    answer: status(
      503,
      {},
      JSON.stringify({
        error: {
          code: 'model_not_found',
          message: `No available channel for model ${OPUS} under group default`,
          type: 'new_api_error',
        },
      }),
    ),
  },
  {
    what: '429 long context',
    request: { headers: { 'anthropic-beta': 'context-1m-2025-08-07' } },
    answer: refusal(429, 'rate_limit_error', 'Extra usage is required for long context requests.'),
  },
  {
    what: 'poisoned request, 500',
    request: { maxTokens: 13 },
    answer: refusal(500, 'api_error', 'Internal server error'),
  },
  {
    what: 'poisoned request, reset',
    request: { maxTokens: 13 },
    answer: async ({ socket }) => {
      socket.resetAndDestroy();
    },
  },
  { what: 'count_tokens is a 404 page', request: { path: COUNT_TOKENS }, answer: page(404) },
  {
    what: 'count_tokens is a 501',
    request: { path: COUNT_TOKENS },
    answer: refusal(501, 'api_error', 'not implemented'),
  },
  { what: 'count_tokens is a 200 page', request: { path: COUNT_TOKENS }, answer: page(200) },
  {
    what: 'count_tokens is a 500',
    request: { path: COUNT_TOKENS },
    answer: refusal(500, 'api_error', 'Internal server error'),
  },
  {
    what: '/v1/models is a page',
    request: { method: 'GET', path: '/v1/models?limit=1000' },
    answer: page(200),
  },
  {
    what: 'GET /v1/organizations/users, 401',
    request: { method: 'GET', path: '/v1/organizations/users' },
    answer: refusal(401, 'authentication_error', 'invalid x-api-key'),
  },
];

export const isBad = ({ id, path, method }: Ask): boolean =>
  id.startsWith('bad') || (method === 'GET' && path.startsWith('/v1/'));

const ORDINARY = 10;
const ROUNDS = 2;
const AT_ONCE = 3;

export const badRequests: WorldRun = {
  name: 'bad-requests',
  kind: 'waiting',
  run: async ({ say }) => {
    const rows: Row[] = [];
    for (let first = 0; first < BAD_REQUESTS.length; first += AT_ONCE) {
      const some = BAD_REQUESTS.slice(first, first + AT_ONCE);
      rows.push(...(await Promise.all(some.map(rowOf))));
      say(`bad requests: ${rows.length} of ${BAD_REQUESTS.length}`);
    }
    return rows;
  },
};

/** The first time all three in a row, the second time between the others. */
function badsBefore(round: number, number: number): number {
  if (round === 0) return number === 0 ? 3 : 0;
  return number < 9 && number % 3 === 0 ? 1 : 0;
}

function rowOf(bad: BadRequest): Promise<Row> {
  const behaviour = onlyWhere(isBad, bad.answer, 5);
  return onStage({ endpoints: 2, extent: 'proxy', behaviourOf: () => behaviour }, async (stage) => {
    const { port, agent, product } = stage;
    const good: number[] = [];
    const received: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      let served = 0;
      for (let number = 0; number < ORDINARY; number += 1) {
        for (let bads = badsBefore(round, number); bads > 0; bads -= 1) {
          const id = `bad-${round}-${number}-${bads}`;
          received.push(
            (await ask(port, agent, { ...bad.request, id, session: 'poisoner' })).status,
          );
        }
        const id = `good-${round}-${number}`;
        if (isGood(await ask(port, agent, { id, session: 'other' }))) served += 1;
      }
      good.push(served);
    }
    const out = heldOut(await product.status());
    return {
      world: 'bad request × 3',
      what: bad.what,
      target: `${ORDINARY} of ${ORDINARY} others served, twice; no endpoint out`,
      direct: `${ORDINARY}, ${ORDINARY}`,
      zephyr: `${good.join(', ')}; out: ${out.join(' ') || 'none'}; the sender got ${[...new Set(received)].join(' ')}`,
      verdict: verdictOf(good.every((count) => count === ORDINARY) && out.length === 0),
    };
  });
}
