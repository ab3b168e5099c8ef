/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const BOUND = 'where both sides are equal the result is the same';
const FAST = 'a short cut: without it the result is the same, only later';

export const OF_OTHERS: readonly Equivalent[] = [
  {
    file: 'answer/whole-message.ts',
    line: "if (!text.trimEnd().endsWith('}')) return undefined",
    titles: ["!text.trimEnd().endsWith('}') → false"],
    why: FAST,
  },
  { file: 'answer/content-gate.ts', line: 'const BLANK = ', why: 'it always matches at the start' },
  {
    file: 'answer/content-gate.ts',
    line: "this.#form === 'events' && this.#events > 0",
    titles: ["this.#form === 'events' && this.#events > 0 → this.#events > 0"],
    why: 'only an event stream has events',
  },
  {
    file: 'answer/content-gate.ts',
    line: "if (this.#form === 'blank') return NOT_CLAUDE",
    titles: ["this.#form === 'blank' → false"],
    why: 'blank lines are no event',
  },
  {
    file: 'answer/content-gate.ts',
    line: 'BLANK.exec(text)?.[0].length ?? 0',
    titles: [
      "text.startsWith('{') ? text : text.slice(BLANK.exec(text)?.[0].leng… → text.slice(BLANK.exec(text)?.[0].length ?? 0)",
    ],
    why: FAST,
  },
  {
    file: 'answer/content-gate.ts',
    line: 'BLANK.exec(text)?.[0].length ?? 0',
    titles: ['0 → 1'],
    why: COMPILER,
  },
  {
    file: 'answer/content-gate.ts',
    line: "name !== 'error' && EVENT_TYPE.test(name) && data.startsWith",
    titles: [
      "name !== 'error' && EVENT_TYPE.test(name) && data.startsWith(`{\"typ… → false",
      "name !== 'error' && EVENT_TYPE.test(name) → name !== 'error'",
    ],
    why: FAST,
  },
  {
    file: 'answer/content-gate.ts',
    line: "'type' in value && typeof value.type === 'string'",
    titles: ["'type' in value && typeof value.type === 'string' → typeof value.type === 'string'"],
    why: COMPILER,
  },
  {
    file: 'answer/api-error.ts',
    line: "'error' in value ? value.error",
    titles: ["'error' in value ? value.error : undefined → value.error"],
    why: COMPILER,
  },
  {
    file: 'answer/api-error.ts',
    line: "'type' in value && value.type === 'error'",
    titles: ["'type' in value && value.type === 'error' → value.type === 'error'"],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "return this.#state.status === 'ended' ?",
    titles: [
      "this.#state.status === 'ended' ? this.#state.ending : undefined → this.#state.ending",
    ],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "whole === '' || !isOfInterest",
    titles: [
      "whole === '' || !isOfInterest → false",
      "whole === '' || !isOfInterest → whole === ''",
      "whole === '' || !isOfInterest → !isOfInterest",
    ],
    why: FAST,
  },
  {
    file: 'answer/end.ts',
    line: 'data.includes(\'"message_stop"\') || data.includes',
    titles: ['data.includes(\'"message_stop"\') || data.includes(\'"error"\') → true'],
    why: FAST,
  },
  {
    file: 'answer/end.ts',
    line: "value !== undefined && 'type' in value",
    titles: ["value !== undefined && 'type' in value → value !== undefined"],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "event === 'error' ? parseObject(data)",
    titles: ["event === 'error' ? parseObject(data) : undefined → parseObject(data)"],
    why: FAST,
  },
  {
    file: 'answer/judge-status.ts',
    line: "if (error !== undefined) return 'api_error'",
    titles: ['error !== undefined → false'],
    why: 'an error that was read is JSON',
  },
  {
    file: 'answer/judge-status.ts',
    line: 'const first = /^',
    titles: [
      '/^(?:\\u00ef\\u00bb\\u00bf|\\ufeff)?\\s*(\\S)/ → /(?:\\u00ef\\u00bb\\u00bf|\\ufeff)?\\s*(\\S)/',
    ],
    why: 'the first character that is no blank, wherever the search begins',
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'limit === undefined || !isUsedUp',
    titles: ['limit === undefined || !isUsedUp(headers, limit) → !isUsedUp(headers, limit)'],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'text === undefined) return undefined',
    titles: ['text === undefined → false'],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'text !== undefined && ',
    titles: [
      'text !== undefined && /^\\d{1,12}(\\.\\d{1,9})?$/.test(text) → /^\\d{1,12}(\\.\\d{1,9})?$/.test(text)',
    ],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'remaining !== undefined && ',
    titles: [
      'remaining !== undefined && /^0+(\\.0+)?$/.test(remaining) → /^0+(\\.0+)?$/.test(remaining)',
    ],
    why: COMPILER,
  },
  {
    file: 'json-key-reader.ts',
    line: "this.#status === 'in_nested_string') return",
    titles: ["this.#status === 'in_nested_string' → false"],
    why: FAST,
  },
  {
    file: 'json-key-reader.ts',
    line: 'limit + 1 - this.#raw.length',
    titles: ['1 → 2'],
    why: 'one more than the limit shows that it is too long, two do too',
  },
  {
    file: 'json-key-reader.ts',
    line: 'at < text.length; at += 1',
    titles: ['at < text.length → at <= text.length'],
    why: BOUND,
  },
  {
    file: 'json-string.ts',
    line: 'IS_PLAIN.test(raw)',
    titles: ['IS_PLAIN.test(raw) → false'],
    why: FAST,
  },
  {
    file: 'replay/recording.ts',
    line: ': true,',
    titles: ['true → false'],
    why: 'only the names count',
  },
  {
    file: 'request/facts.ts',
    line: 'export const QUICK_',
    why: 'how much of a body the caller reads; longer is slower',
  },
  {
    file: 'replay/recording.ts',
    line: 'isContinued && world !== undefined',
    titles: ['isContinued && world !== undefined → isContinued'],
    why: COMPILER,
  },
  { file: 'learn/request-class.ts', line: ': true,', why: 'only the names count' },
  {
    file: 'learn/live-excess.ts',
    line: 'track === undefined ||',
    titles: [
      'track === undefined || probeMs === null → probeMs === null',
      'track === undefined || extra === undefined → extra === undefined',
    ],
    why: COMPILER,
  },
  {
    file: 'learn/live-excess.ts',
    line: 'extra === undefined || track === undefined',
    titles: ['extra === undefined || track === undefined → extra === undefined'],
    why: COMPILER,
  },
  {
    file: 'learn/reliability.ts',
    line: 'const NONE: Sums',
    titles: ['0 → 1'],
    why: 'without a moment nothing of it counts',
  },
  {
    file: 'learn/health.ts',
    line: "probe.verdict.status === 'ok'",
    titles: ["probe.verdict.status === 'ok' → false"],
    why: COMPILER,
  },
  {
    file: 'acquire-lease.lua',
    line: 'local former =',
    titles: ["0 in local former = tonumber(redis.call('GET', KEYS[2]) or '0') or 0 → 1"],
    why: 'the clock is ahead of both',
  },
  {
    file: 'acquire-lease.lua',
    line: 'former = 0 end',
    titles: ['0 in if isLost then former = 0 end → 1'],
    why: 'the clock is ahead of both',
  },
  {
    file: 'acquire-lease.lua',
    line: 'tonumber(snapshot.epoch) or 0',
    titles: ['0 in isLost = isLost or (tonumber(snapshot.epoch) or 0) > epoch → 1'],
    why: 'the clock is ahead of both',
  },
  { file: 'release-lease.lua', line: 'return 0', why: 'nobody reads the reply' },
];
