import type { Operation } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import type { ExchangeContext } from './exchange-context.ts';
import {
  bodyEditAt,
  isLookup,
  isModelRepeated,
  pathAt,
  pricedModels,
  requestedModel,
} from './model-name.ts';

interface Setup {
  readonly operation?: Operation;
  readonly pathAndQuery?: string;
  /** As read from the body. */
  readonly exact?: string;
  readonly isRepeated?: boolean;
  /** Where the body names it. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
}

function contextOf(setup: Setup = {}) {
  const { operation = 'messages', pathAndQuery = '/v1/messages', exact = 'exact' } = setup;
  const calls: string[] = [];
  const context = {
    input: { operation, pathAndQuery },
    body: {
      exactModel: () => exact,
      isModelRepeated: setup.isRepeated === true,
      rejectRepeatedModel: () => calls.push('rejectRepeatedModel'),
      modelRange: () => ('range' in setup ? setup.range : { from: 10, to: 17 }),
    },
  } as unknown as ExchangeContext;
  return { context, calls };
}

const endpointWith = (names: Readonly<Record<string, string>> | undefined) =>
  ({
    models: names && { nameThere: (model: string) => names[model] },
  }) as unknown as UpstreamEndpoint;

describe('a lookup', () => {
  it.each<[Operation, string, boolean]>([
    ['models', '/v1/models/claude-a', true],
    ['models', '/v1/models/claude-a?x=1', true],
    ['models', '/v1/models', false],
    ['models', '/v1/models?limit=2', false],
    ['models', '/v1/models/', false],
    ['messages', '/v1/models/claude-a', false],
  ])('%s %s: %j', (operation, pathAndQuery, expected) => {
    expect(isLookup({ operation, pathAndQuery })).toBe(expected);
  });
});

describe('the requested model', () => {
  it.each<[Operation, string, string]>([
    ['messages', '/v1/messages', 'exact'],
    ['count_tokens', '/v1/messages/count_tokens', 'exact'],
    ['models', '/v1/models/claude%2Fa?x=1', 'claude/a'],
    ['models', '/v1/models?limit=3', ''],
    ['extra', '/v1/models/claude-a', ''],
  ])('of %s %s is %j', (operation, pathAndQuery, model) => {
    expect(requestedModel(contextOf({ operation, pathAndQuery }).context)).toBe(model);
  });

  it.each<[Operation, boolean, boolean]>([
    ['messages', true, true],
    ['messages', false, false],
    ['extra', true, false],
  ])('of %s is ambiguous: %j, %j', (operation, isRepeated, expected) => {
    const { context, calls } = contextOf({ operation, isRepeated });
    expect(isModelRepeated(context)).toBe(expected);
    // Also for what is read of the body later.
    expect(calls).toEqual(operation === 'extra' ? [] : ['rejectRepeatedModel']);
  });
});

describe('the models by which a request is priced', () => {
  const head = (model: string) => `{"type":"message_start","message":{"model":"${model}"}}`;
  const priced = (named: string, answered: string, setup: Setup = {}) =>
    pricedModels(contextOf(setup).context, named, answered === '' ? '' : head(answered));

  it.each<[string, string, string, boolean, string]>([
    ['named once', 'claude-opus-9', 'claude-haiku-9', false, 'claude-opus-9'],
    ['named twice', 'claude-haiku-9', 'claude-opus-9', true, 'claude-opus-9'],
    ['answered as named', 'claude-opus-9', 'claude-opus-9', true, 'claude-opus-9'],
    ['a version of it', 'claude-opus-9', 'claude-opus-9-20261201', true, 'claude-opus-9'],
    ['another name', 'claude-opus-9', 'claude-opus-9-fast', true, 'claude-opus-9-fast'],
    ['a longer date', 'claude-opus-9', 'claude-opus-9-202612011', true, 'claude-opus-9-202612011'],
    ['not named', '', 'claude-opus-9', false, 'claude-opus-9'],
    ['neither', '', '', false, 'exact'],
    ['named twice, and not answered', 'claude-haiku-9', '', true, 'exact'],
  ])('%s: %s, answered by %s', (_what, named, answered, isRepeated, requested) => {
    expect(priced(named, answered, { isRepeated })).toEqual({ requested, answered });
  });

  it('of a token count are the named one', () => {
    expect(priced('claude-opus-9', 'claude-haiku-9', { operation: 'count_tokens' })).toEqual({
      ...{ requested: 'claude-opus-9', answered: 'claude-opus-9' },
    });
  });
});

describe('the endpoint’s name', () => {
  const there = endpointWith({ 'claude/a': 'vendor/claude a', exact: 'precise' });

  it('replaces the id in the path of a lookup', () => {
    const pathOf = (pathAndQuery: string, endpoint = there, operation: Operation = 'models') =>
      pathAt(contextOf({ operation, pathAndQuery }).context, endpoint);
    const renamed = '/v1/models/vendor%2Fclaude%20a?x=1';
    expect(pathOf('/v1/models/claude%2Fa?x=1')).toBe(renamed);
    expect(pathOf('/v1/models/other')).toBe('/v1/models/other');
    expect(pathOf('/v1/models/claude%2Fa', endpointWith(undefined))).toBe('/v1/models/claude%2Fa');
    expect(pathOf('/v1/models/exact', there, 'messages')).toBe('/v1/models/exact');
  });

  it('replaces the name in the body', () => {
    const edit = (setup: Setup, endpoint = there) => bodyEditAt(contextOf(setup).context, endpoint);
    expect(edit({})).toEqual({ from: 10, to: 17, bytes: Buffer.from('"precise"') });
    expect(edit({ exact: 'other' })).toBeUndefined();
    expect(edit({ range: undefined })).toBeUndefined();
    expect(edit({}, endpointWith(undefined))).toBeUndefined();
  });
});
