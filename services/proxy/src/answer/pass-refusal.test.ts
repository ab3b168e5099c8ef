import { describe, expect, it } from 'vitest';

import { canBePassed } from './pass-refusal.ts';

const error = { type: 'not_found_error', code: '', message: '' };

describe('canBePassed', () => {
  it.each([
    ['an error of the API', 404, 'model_not_found', error, true],
    ['the first status of errors', 400, 'client_error', error, true],
    ['the last one', 599, 'server_error', error, true],
    ['no error status', 399, 'not_claude', error, false],
    ['no status of HTTP', 600, 'not_claude', error, false],
    ['not in the words of the API', 404, 'not_claude', undefined, false],
    ['a refusal of our token', 401, 'token_refused', error, false],
  ] as const)('%s: %i', (_, status, failure, of, isPassed) => {
    expect(canBePassed(status, failure, of)).toBe(isPassed);
  });
});
