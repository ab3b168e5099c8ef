/** Words that the names of constants, fields and parameters do not use, each with its replacement: one word for one thing. */
export interface ConstantName {
  readonly pattern: RegExp;
  readonly instead: string;
}

const REST = '(?:_[A-Z0-9_]+)?';
const START = '(?:[A-Z0-9_]+_)?';
const TIME = '(?:MS|S|SECONDS)';

const named = (source: string, instead: string): ConstantName => ({
  pattern: new RegExp(`\\b(?:const|readonly|static) (?:${source})\\b(?=\\s*[=:])`, 'g'),
  instead,
});

/** As a field, a parameter or a variable. */
const name = (source: string, instead: string): ConstantName => ({
  pattern: new RegExp(`\\b(?:${source})\\b(?!\\()`, 'g'),
  instead,
});

export const CONSTANT_NAMES: readonly ConstantName[] = [
  named(`(?:MOST|LONGEST|LARGEST|HIGHEST|LATEST)${REST}|[A-Z0-9_]+_MOST`, 'MAX_…'),
  named(`(?:FEWEST|SHORTEST|LOWEST|SOONEST)${REST}|LEAST_[A-Z0-9_]+|[A-Z0-9_]+_LEAST`, 'MIN_…'),
  named(`${START}(?:LIMIT|PATIENCE)_${TIME}`, '…_TIMEOUT_MS'),
  named(
    `(?!M(?:AX|IN)_)${START}(?:ATTEMPT|BODY|DEADLINE|DRAIN|EVENTS|EXPORT|FINISH|HANDSHAKE|HEADERS|READ|TUNNEL|WRITE)_${TIME}`,
    '…_TIMEOUT_MS',
  ),
  named(
    `(?!M(?:AX|IN)_)${START}(?:PERIOD|RECONCILE|RECONNECT|REFRESH|RENEWAL|TICK)_${TIME}`,
    '…_INTERVAL_MS',
  ),
  named(`${START}LIMIT_(?:BYTES|CHARACTERS)`, 'MAX_…_BYTES'),
  named(
    `${START}(?:LOOK|CHECK|ASK|EACH|EVERY|AGAIN)_${TIME}`,
    '…_POLL_MS for how often something is looked at, …_INTERVAL_MS for how often it is done',
  ),
  // The part of a score for a rate limit is a cost, no wait.
  name('(?!rateLimitMs)\\w*[lL]imitMs', '…TimeoutMs'),
  name('\\w*[pP]eriodMs', '…IntervalMs'),
  name('(?:most|longest|largest|highest)[A-Z]\\w*', 'max…'),
  name('(?:least|fewest|shortest|lowest)[A-Z]\\w*', 'min…'),
];
