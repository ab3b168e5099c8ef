import { expect, it } from 'vitest';

import { answerIn, requestsOf, settled } from '../test-support/memory-client.ts';
import { namedModels, sendModelList } from './model-list.ts';

it('names the configured models in order, without patterns', () => {
  expect(namedModels(['claude-b', 'claude-*', 'claude-a'])).toEqual(['claude-a', 'claude-b']);
});

const sent = async (names: readonly string[]) => {
  const { connection, responses } = await requestsOf({});
  const [res] = responses;
  if (res === undefined) throw new Error('the request did not arrive');
  sendModelList(res, names);
  await settled();
  return answerIn(connection.received);
};

it('is a list in the format of the API', async () => {
  const answer = await sent(['claude-a', 'claude-b', 'claude-c']);
  expect(answer).toMatchObject({ status: 200, isWhole: true });
  expect(answer?.headers).toMatchObject({
    'content-type': 'application/json',
    'request-id': expect.stringMatching(/^zephyr_/),
  });
  const model = (id: string) => ({
    ...{ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' },
  });
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    data: [model('claude-a'), model('claude-b'), model('claude-c')],
    ...{ has_more: false, first_id: 'claude-a', last_id: 'claude-c' },
  });
});

it('may be empty', async () => {
  expect(JSON.parse((await sent([]))?.body ?? '')).toEqual({
    ...{ data: [], has_more: false, first_id: null, last_id: null },
  });
});
