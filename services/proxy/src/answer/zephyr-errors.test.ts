import { expect, it } from 'vitest';

import { errorBody, errorOfFailure } from './zephyr-errors.ts';

it('never suggests to a client that its own login was refused', () => {
  expect(errorOfFailure('token_refused')).toBe('token_refused');
  expect(JSON.parse(errorBody('token_refused', 'r'))).toMatchObject({
    type: 'error',
    error: { type: 'api_error' },
    request_id: 'r',
  });
});
