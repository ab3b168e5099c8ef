import { ZephyrError } from '../../errors.ts';
import { phrase } from '../../phrase.ts';

/**
 * The text of `.env` with this variable set: in place if present, else at the end. Pure.
 * @param value a secret
 * @throws ZephyrError `USAGE` for a value that no `.env` notation expresses for all parsers
 */
export function withVariable(text: string, name: string, value: string): string {
  if (value === '' || /['\r\n]|\\$/.test(value)) {
    throw new ZephyrError(
      'USAGE',
      phrase`the value for ${name} is empty or has a quote or line break`,
      {
        advice: [phrase`copy the token again, without the characters around it`],
      },
    );
  }
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const line = `${name}='${value}'`;
  const lines = text.split(/\r?\n/);
  const isSet = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`);
  if (lines.some((each) => isSet.test(each))) {
    return lines.map((each) => (isSet.test(each) ? line : each)).join(eol);
  }
  const before = text === '' || text.endsWith('\n') ? text : `${text}${eol}`;
  return `${before}${line}${eol}`;
}
