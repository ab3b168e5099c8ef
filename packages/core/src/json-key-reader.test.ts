import { describe, expect, it } from 'vitest';

import { JsonKeyReader, type JsonValue } from './json-key-reader.ts';

const LONG_KEY = 'k'.repeat(200);
const WANTED = new Set(['model', 'stream', LONG_KEY]);

function read(text: string, pieceLength = text.length): JsonKeyReader {
  const keys = new JsonKeyReader(WANTED);
  for (let at = 0; at < text.length; at += pieceLength) keys.push(text.slice(at, at + pieceLength));
  return keys;
}

describe('JsonKeyReader', () => {
  it.each<[string, JsonValue]>([
    ['"m"', { kind: 'string', text: 'm' }],
    ['""', { kind: 'string', text: '' }],
    ['"a\\"b\\\\"', { kind: 'string', text: 'a"b\\' }],
    ['"\\x"', { kind: 'string', text: '' }],
    ['"模\\n型"', { kind: 'string', text: '模\n型' }],
    ['"\xe6\xa8\xa1\\n"', { kind: 'string', text: '模\n' }],
    ['true', { kind: 'literal', text: 'true' }],
    ['-1.5e3', { kind: 'literal', text: '-1.5e3' }],
    ['{"model":[{}]}', { kind: 'object', text: '{"model":[{}]}' }],
    ['[{"model":"x"},"]"]', { kind: 'array', text: '[{"model":"x"},"]"]' }],
    [`["${'x'.repeat(4_092)}"]`, { kind: 'array', text: `["${'x'.repeat(4_092)}"]` }],
    [`["${'x'.repeat(4_093)}"]`, { kind: 'array', text: '' }],
    [`"${'x'.repeat(1_024)}"`, { kind: 'string', text: 'x'.repeat(1_024) }],
    [`"${'x'.repeat(1_025)}"`, { kind: 'string', text: '' }],
    ['9'.repeat(33), { kind: 'literal', text: '9'.repeat(32) }],
  ])('reads %s, whole and one character at a time', (value, expected) => {
    const text = `{"a":"\\\\","model":${value},"stream":null}`;
    for (const pieceLength of [text.length, 1, 7]) {
      const keys = read(text, pieceLength);
      expect([keys.value('model'), keys.value('stream'), keys.status]).toEqual([
        expected,
        { kind: 'literal', text: 'null' },
        'closed',
      ]);
    }
  });

  it.each([
    ['nothing', '', 'open'],
    ['an empty object', ' {\t\r\n} ', 'closed'],
    ['what follows the object', '{} x', 'closed'],
    ['an unfinished member', '{"model":"m"', 'open'],
    ['no object', 'x"model":"m"}', 'broken'],
    ['no key', '{5}', 'broken'],
    ['no colon', '{"model" "m"}', 'broken'],
    ['no value before a comma', '{"model":,"stream":1}', 'broken'],
    ['no value before the end', '{"model":}', 'broken'],
    ['no value before a bracket', '{"model":]}', 'broken'],
    ['a bracket that was not opened', '{"model":1]}', 'broken'],
    ['no comma', '{"model":"m" "stream":1}', 'broken'],
  ])('%s: %s is %s', (_, text, status) => {
    expect(read(text).status).toBe(status);
  });

  it.each([
    ['once', '{"model":{"model":1},"stream":true}', false],
    ['in the same way', '{"model":"a","stream":true,"model":"b"}', true],
    ['escaped', String.raw`{"mod\u0065l":"a","model":"b"}`, true],
    ['in another case, as Go reads it', '{"model":"a","MODEL":"b"}', true],
    ['as something nested', '{"model":"a","model":{}}', true],
  ])('knows a key that is named %s', (_, text, isRepeated) => {
    for (const pieceLength of [text.length, 1]) {
      expect(read(text, pieceLength).isRepeated('model')).toBe(isRepeated);
    }
  });

  it('has the text of an object only once it has ended', () => {
    const keys = read('{"model":{"a":1');
    expect(keys.value('model')).toEqual({ kind: 'object', text: '' });
    keys.push('},"model":{"b":2}');
    expect(keys.value('model')).toEqual({ kind: 'object', text: '{"b":2}' });
  });

  it('reads nothing after text that is not a JSON object', () => {
    expect(read('[],"model":"m"}').value('model')).toBeUndefined();
  });

  it('does not find a key that is too long, however it is split', () => {
    const text = `{"${LONG_KEY}":1,"model":2}`;
    for (const pieceLength of [text.length, 1]) {
      expect(read(text, pieceLength).value(LONG_KEY)).toBeUndefined();
      expect(read(text, pieceLength).value('model')).toEqual({ kind: 'literal', text: '2' });
    }
  });

  it('has no values of unwanted keys', () => {
    expect(read('{"other":1,"model":2}').value('other')).toBeUndefined();
  });
});
