/** In which language people read, where a configuration or their terminal says so. */
import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';

import type { Environment } from '../environment.ts';
import { type RawTable, rawTable } from './raw.ts';

export function localeOf(environment: Environment): string | undefined {
  return environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
}

/** That of a configuration, which may have errors elsewhere; otherwise that of the terminal. */
export function localeIn(document: RawTable, environment: Environment): string | undefined {
  const named = rawTable(document['ui'])['language'];
  return named === 'zh' || named === 'en' ? named : localeOf(environment);
}

/** The same of a file, which may not be there. Each command asks for it before it does anything: no schema is loaded. */
export function localeOfFile(path: string, environment: Environment): string | undefined {
  try {
    return localeIn(parse(readFileSync(path, 'utf8')), environment);
  } catch {
    return localeOf(environment);
  }
}
