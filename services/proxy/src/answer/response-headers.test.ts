import { expect, it } from 'vitest';

import { passedHeaders } from './response-headers.ts';

it('drops headers that identify our account on the way back', () => {
  const headers = { 'anthropic-organization-id': 'o', 'request-id': 'r' };
  expect(passedHeaders({ headers })).toEqual({ 'request-id': 'r' });
});
