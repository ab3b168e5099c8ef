import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../read/load.ts';
import { servedModelsOf } from './served-models.ts';

describe('servedModelsOf', () => {
  it.each([
    ['claude-haiku-4-5', 'claude-haiku-4-5', true],
    ['claude-haiku-4-5', 'claude-haiku-4-5-x', false],
    ['claude-*', 'claude-opus-4', true],
    ['claude-*', 'gpt', false],
    ['*haiku*', 'claude-haiku-4-5', true],
    ['*haiku', 'claude-haiku-4-5', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['ab*ba', 'aba', false],
    ['*', 'anything', true],
    ['a.c', 'abc', false],
  ])('%s with %s: %s', (pattern, model, isServed) => {
    expect(servedModelsOf({ models: [pattern] })?.isServed(model)).toBe(isServed);
  });

  it('serves an unknown model, and mapped models in addition to those listed', () => {
    const modelMap = new Map([['here', 'there']]);
    const served = servedModelsOf({ models: ['listed'], modelMap });
    expect(['', 'listed', 'here', 'there'].map((model) => served?.isServed(model))).toEqual([
      ...[true, true, true, false],
    ]);
    expect(served?.nameThere('here')).toBe('there');
    expect(served?.listed).toEqual(['listed', 'here']);
  });

  it('restricts nothing if unset, or if only names are replaced', () => {
    expect(servedModelsOf({})).toBeUndefined();
    expect(servedModelsOf({ modelMap: new Map([['here', 'there']]) })?.isServed('other')).toBe(
      true,
    );
  });
});

describe('the model of the probes', () => {
  const parse = (keys: string, endpointKeys = '') =>
    parseConfig({
      path: 'config.toml',
      text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\n${keys}
endpoints = [{ url = "https://a.example.com", name = "A"${endpointKeys} }]\n`,
      variables: (name) => (name === 'TOKEN' ? 'sk-ant-Zq83kd02mmQp' : undefined),
    });

  it.each([
    ['models = ["claude-*"]', ''],
    ['model_map = { claude-haiku-4-5 = "x" }\nmodels = ["y"]', ''],
    ['models = ["y"]\nhealth_check = { model = "y" }', ''],
    ['models = ["y"]', ', models = ["claude-haiku-*"]'],
  ])('is one that %s %s serves', (keys, endpointKeys) => {
    expect(() => parse(keys, endpointKeys)).not.toThrow();
  });

  it.each([
    ['models = ["y"]', '', 'groups[0].models'],
    ['', ', models = ["y"]', 'groups[0].endpoints[0].models'],
  ])('is rejected where %s %s does not serve it', (keys, endpointKeys, path) => {
    expect(() => parse(keys, endpointKeys)).toThrow(ConfigError);
    expect(() => parse(keys, endpointKeys)).toThrow(
      `${path}\n  found:    models without claude-haiku-4-5`,
    );
  });
});
