import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addedBytes, edited } from './body-edit.ts';

describe('edited', () => {
  it('replaces exactly the given bytes, however the body was chunked', () => {
    const input = fc.record({
      body: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      cuts: fc.array(fc.nat(60), { maxLength: 6 }),
      range: fc.tuple(fc.nat(59), fc.nat(59)),
      name: fc.string({ minLength: 1, maxLength: 12 }),
    });
    fc.assert(
      fc.property(input, ({ body, cuts, range, name }) => {
        const whole = Buffer.from(body);
        const [from, last] = range.map((at) => at % whole.length).toSorted((a, b) => a - b);
        if (from === undefined || last === undefined) return;
        const edit = { from, to: last + 1, bytes: Buffer.from(name) };
        const places = [0, ...cuts.map((at) => at % whole.length), whole.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((to, index) => whole.subarray(places[index], to));
        const expected = Buffer.concat([
          ...[whole.subarray(0, edit.from), edit.bytes, whole.subarray(edit.to)],
        ]);
        expect(Buffer.concat(edited(chunks, edit))).toEqual(expected);
        expect(expected.length - whole.length).toBe(addedBytes(edit));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a body unchanged without an edit', () => {
    const chunks = [Buffer.from('a')];
    expect(edited(chunks, undefined)).toBe(chunks);
    expect(addedBytes(undefined)).toBe(0);
  });
});
