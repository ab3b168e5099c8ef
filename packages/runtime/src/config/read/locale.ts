/** The language that a configuration or the terminal asks for. */
import { readFileSync } from 'node:fs';

import { LANGUAGES } from '@zephyr/contract/language';
import { parse } from 'smol-toml';

import type { Environment } from '../../environment.ts';
import { type RawTable, rawTable } from '../schema/raw.ts';

export function localeOf(environment: Environment): string | undefined {
  return environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
}

/** The configuration's (which may have errors elsewhere), otherwise the terminal's. */
export function localeIn(document: RawTable, environment: Environment): string | undefined {
  const named = rawTable(document['ui'])['language'];
  return LANGUAGES.find((each) => each === named) ?? localeOf(environment);
}

/** The same for a file, which may not exist. Each command needs it first, so no schema is loaded. */
export function localeOfFile(path: string, environment: Environment): string | undefined {
  try {
    return localeIn(parse(readFileSync(path, 'utf8')), environment);
  } catch {
    return localeOf(environment);
  }
}
