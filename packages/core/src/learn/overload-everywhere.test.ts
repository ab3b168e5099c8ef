import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  isOverloadedEverywhere,
  OVERLOAD_NUMBERS,
  type OverloadRecord,
} from './overload-everywhere.ts';

const policy = OVERLOAD_NUMBERS;
const NOW_MS = 1_000_000;
const ago = (ms: number) => epochMs(NOW_MS - ms);
const overloaded = (ms = 0): OverloadRecord => ({ overloadedAtMs: ago(ms), answeredAtMs: null });
const answering = (ms = 0): OverloadRecord => ({ overloadedAtMs: null, answeredAtMs: ago(ms) });
const silent: OverloadRecord = { overloadedAtMs: null, answeredAtMs: null };

describe('isOverloadedEverywhere', () => {
  it.each<[string, OverloadRecord[], boolean]>([
    ['the only endpoint', [overloaded()], true],
    ['the only endpoint answers', [answering()], false],
    ['one of two, the other silent', [overloaded(), silent], false],
    ['two of two', [overloaded(), overloaded()], true],
    ['two, the third silent', [overloaded(), overloaded(), silent], true],
    ['two of three: more than three fifths', [overloaded(), overloaded(), answering()], true],
    ['two of four', [overloaded(), overloaded(), answering(), answering()], false],
    [
      'three of five: exactly three fifths',
      [...Array(3).fill(overloaded()), answering(), answering()],
      true,
    ],
    ['just remembered', [overloaded(policy.memoryMs - 1), overloaded()], true],
    ['forgotten', [overloaded(policy.memoryMs), overloaded()], false],
    [
      'old answers do not count',
      [overloaded(), overloaded(), answering(policy.memoryMs), answering(policy.memoryMs)],
      true,
    ],
  ])('%s', (_, records, isOverloaded) => {
    expect(isOverloadedEverywhere(records, epochMs(NOW_MS), policy)).toBe(isOverloaded);
  });
});
