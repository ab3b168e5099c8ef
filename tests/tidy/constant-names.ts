/** Words that the names of constants do not use, each with its replacement: one word for one thing. */
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

export const CONSTANT_NAMES: readonly ConstantName[] = [
  named(`(?:MOST|LONGEST|LARGEST|HIGHEST|LATEST)${REST}|[A-Z0-9_]+_MOST`, 'MAX_…'),
  named(`(?:FEWEST|SHORTEST|LOWEST|SOONEST)${REST}|LEAST_[A-Z0-9_]+|[A-Z0-9_]+_LEAST`, 'MIN_…'),
  named(`${START}(?:LIMIT|PATIENCE)_${TIME}`, '…_TIMEOUT_MS'),
  named(`${START}LIMIT_(?:BYTES|CHARACTERS)`, 'MAX_…_BYTES'),
  named(
    `${START}(?:LOOK|CHECK|ASK|EACH|EVERY|AGAIN)_${TIME}`,
    '…_POLL_MS for how often something is looked at, …_INTERVAL_MS for how often it is done',
  ),
];
