import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { quickFacts, type RequestFacts, RequestScan } from './facts.ts';

/** As on the wire: one character per byte. */
const wire = (text: string): string => Buffer.from(text).toString('latin1');

function scanned(text: string, cuts: readonly number[] = []): RequestFacts {
  const scan = new RequestScan();
  const bytes = wire(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)];
  for (const [index, place] of places.entries()) {
    scan.push(bytes.slice(place, places[index + 1] ?? bytes.length));
  }
  return scan.facts();
}

function rangeIn(text: string, cuts: readonly number[]) {
  const scan = new RequestScan();
  const bytes = wire(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)];
  for (const [index, place] of places.entries()) {
    scan.push(bytes.slice(place, places[index + 1] ?? bytes.length));
  }
  return scan.modelRange();
}

/** What `JSON.parse` finds: the scan must agree. */
function parsed(text: string): RequestFacts {
  const body = JSON.parse(text) as Record<string, unknown>;
  const model = typeof body.model === 'string' && body.model.length <= 100 ? body.model : '';
  return { isStream: body.stream === true, model };
}

/** Any code unit; fast-check's own `binary` takes seconds to begin. */
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
const key = fc.oneof(
  fc.constantFrom('model', 'stream', 'messages', 'mod"el', 'model\\', 'streams', ''),
  fc.string({ unit, maxLength: 12 }),
);
const scalar = fc.oneof(
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit, maxLength: 130 }),
  fc.constantFrom('{"stream":true}', '\\', '\\"', '","model":"decoy","x":"', '模型 [1m]'),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  ),
}));
const space = fc.constantFrom('', ' ', '\n', '\r\n\t');
/** Written by hand, because an object cannot repeat a key. */
const body = fc
  .array(fc.tuple(key, value, space, fc.boolean()), { maxLength: 8 })
  .map((members) => {
    const texts = members.map(([name, member, blank, isEscaped]) => {
      const plain = JSON.stringify(name);
      const escaped = `"${[...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
      const isSafe = [...name].every((c) => c.length === 1);
      const written = isEscaped && isSafe ? escaped : plain;
      return `${blank}${written}${blank}:${blank}${JSON.stringify(member)}${blank}`;
    });
    return `{${texts.join(',')}}`;
  });

describe('RequestScan', () => {
  it('finds what JSON.parse finds, however the body is split', () => {
    fc.assert(
      fc.property(body, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
        expect(scanned(text, cuts)).toEqual(parsed(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows the exact range of the model, however the body is split', () => {
    fc.assert(
      fc.property(body, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
        const { model } = parsed(text);
        const bytes = wire(text);
        const range = rangeIn(text, cuts);
        if (model === '') return;
        expect(range).toBeDefined();
        const { from = 0, to = 0 } = range ?? {};
        const changed = `${bytes.slice(0, from)}"there"${bytes.slice(to)}`;
        const expected = { ...JSON.parse(text), model: 'there' };
        expect(JSON.parse(Buffer.from(changed, 'latin1').toString())).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does so one byte at a time', () => {
    fc.assert(
      fc.property(body, (text) => {
        const everywhere = Array.from({ length: wire(text).length }, (_, index) => index);
        expect(scanned(text, everywhere)).toEqual(parsed(text));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    {
      name: 'keys between decoys',
      text: '{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_use","input":{"stream":false,"model":"decoy"}}]}],"model":"m","stream":true,"system":"{\\"stream\\":false}","tools":[{"model":"decoy","stream":false}]}',
      found: { isStream: true, model: 'm' },
    },
    {
      name: 'only decoys',
      text: '{"messages":[{"stream":true,"model":"decoy"}],"metadata":{"stream":true}}',
      found: { isStream: false, model: '' },
    },
    {
      name: 'the last of a key that is repeated',
      text: '{"model":"a","stream":true,"model":"b","stream":false}',
      found: { isStream: false, model: 'b' },
    },
    {
      name: 'an escaped key',
      text: '{"model":"a","mod\\u0065l":"b"}',
      found: { isStream: false, model: 'b' },
    },
    {
      name: 'the longest model',
      text: `{"model":"${'x'.repeat(100)}"}`,
      found: { isStream: false, model: 'x'.repeat(100) },
    },
    {
      name: 'a stream in a body that has not arrived yet',
      text: '{"stream":false,"messages":[',
      found: { isStream: false, model: '' },
    },
    { name: 'a model that is no text', text: '{"model":7}', found: { isStream: false, model: '' } },
    {
      name: 'a model that is too long',
      text: `{"model":"${'x'.repeat(101)}"}`,
      found: { isStream: false, model: '' },
    },
    {
      name: 'a body that has not arrived yet',
      text: '{"model":"m","messages":[',
      found: { isStream: undefined, model: 'm' },
    },
    { name: 'no JSON', text: 'model=m&stream=true', found: { isStream: undefined, model: '' } },
    { name: 'a list', text: '[{"model":"m"}]', found: { isStream: undefined, model: '' } },
    { name: 'nothing', text: '', found: { isStream: undefined, model: '' } },
  ])('reads $name', ({ text, found }) => {
    expect(scanned(text)).toEqual(found);
  });
});

describe('quickFacts', () => {
  it('agrees with JSON.parse whenever it has a result and no key is repeated', () => {
    const framed = fc
      .tuple(body, fc.boolean(), fc.boolean())
      .map(([text, isStream, isFramed]) =>
        isFramed
          ? `{"model":"m",${text.slice(1, -1)}${text === '{}' ? '' : ','}"stream":${isStream}}`
          : text,
      );
    fc.assert(
      fc.property(framed, (text) => {
        const bytes = wire(text);
        const found = quickFacts(bytes, bytes.slice(-128));
        if (found !== undefined && !/"model".*"model"|\\u006d/s.test(text)) {
          expect(found).toEqual(parsed(text));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    {
      name: 'what Claude Code sends',
      text: '{"model":"claude-x","messages":[],"stream":true}',
      found: { isStream: true, model: 'claude-x' },
    },
    {
      name: 'blanks around everything',
      text: ' { "model" : "m" , "x":1 , "stream" : false } ',
      found: { isStream: false, model: 'm' },
    },
    {
      name: 'the only keys',
      text: '{"model":"m","stream":true}',
      found: { isStream: true, model: 'm' },
    },
    { name: 'no model behind something', text: 'x{"model":"m","stream":true}', found: undefined },
    { name: 'no stream alone', text: '{"messages":[],"stream":true}', found: undefined },
    { name: 'no model alone', text: '{"model":"m","messages":[]}', found: undefined },
    { name: 'nothing behind the end', text: '{"model":"m","stream":true}x', found: undefined },
    {
      name: 'the longest model',
      text: `{"model":"${'x'.repeat(100)}","stream":true}`,
      found: { isStream: true, model: 'x'.repeat(100) },
    },
    {
      name: 'no longer one',
      text: `{"model":"${'x'.repeat(101)}","stream":true}`,
      found: undefined,
    },
    { name: 'no nested end', text: '{"model":"m","metadata":{"stream":true}}', found: undefined },
    {
      name: 'no text at the end',
      text: '{"model":"m","x":",\\"stream\\":true}"}',
      found: undefined,
    },
    { name: 'no escaped quote', text: '{"model":"m","x,\\"stream":true}', found: undefined },
    { name: 'no other order', text: '{"stream":true,"model":"m"}', found: undefined },
  ])('takes $name', ({ text, found }) => {
    expect(quickFacts(text, text.slice(-128))).toEqual(found);
  });
});
