import { describe, expect, expectTypeOf, it } from 'vitest';

import { type InternalForm, internalForm } from './names-and-units.ts';

describe('internalForm', () => {
  it.each([
    ['first_byte_ms', 5, 'firstByteMs', 5],
    ['first_byte_per_mib_ms', 5, 'firstBytePerMibMs', 5],
    ['eject_seconds', 1.5, 'ejectMs', 1500],
    ['max_cool_down_seconds', 2, 'maxCoolDownMs', 2000],
    ['body_mib', 0.5, 'bodyBytes', 524_288],
    ['header_kib', 8, 'headerBytes', 8192],
    ['retries_per_second', 5, 'retriesPerSecond', 5],
    ['input_usd', 1.25, 'inputUsd', 1.25],
    ['open', true, 'open', true],
  ])('makes %s = %j to %s = %j', (key, value, name, converted) => {
    expect(internalForm({ [key]: value })).toEqual({ [name]: converted });
  });

  it('converts nested tables and lists, but not user-chosen names', () => {
    const file = {
      prices: [{ input_usd: 1 }],
      model_map: new Map([['my_seconds', 'x_ms']]),
      none_seconds: undefined as number | undefined,
    };
    const code = internalForm(file);
    expectTypeOf(code).toEqualTypeOf<{
      readonly prices: readonly { readonly inputUsd: number }[];
      readonly modelMap: Map<string, string>;
      readonly noneMs: number | undefined;
    }>();
    expect(code).toEqual({
      prices: [{ inputUsd: 1 }],
      modelMap: file.model_map,
      noneMs: undefined,
    });
  });

  it('matches the types', () => {
    expectTypeOf<InternalForm<{ whole_answer_ms: number; body_mib?: number }>>().toEqualTypeOf<{
      readonly wholeAnswerMs: number;
      readonly bodyBytes?: number;
    }>();
  });
});
