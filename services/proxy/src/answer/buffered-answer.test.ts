import { expect, it } from 'vitest';

import { type BufferedAnswer, requestIdOf } from './buffered-answer.ts';

const idIn = (headers: BufferedAnswer['headers']) => requestIdOf({ headers } as BufferedAnswer);

it.each<[BufferedAnswer['headers'], string | undefined]>([
  [{ 'request-id': 'req_1', 'x-request-id': 'other' }, 'req_1'],
  [{ 'x-request-id': 'other' }, 'other'],
  [{ 'request-id': 'x'.repeat(100) }, 'x'.repeat(100)],
  [{ 'request-id': 'x'.repeat(101) }, undefined],
  [{ 'request-id': 'has a blank' }, undefined],
  [{ 'request-id': '' }, undefined],
  [{ 'x-request-id': ['one', 'two'] }, undefined],
  [{}, undefined],
])('of an answer with %j the request id is %s', (headers, id) => {
  expect(idIn(headers)).toBe(id);
});
