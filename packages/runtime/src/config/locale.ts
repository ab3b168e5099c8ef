/** In which language people read, where a configuration or their terminal says so. */
import type { Environment } from '../environment.ts';
import { parseToml } from './load.ts';
import { type RawTable, rawTable } from './raw.ts';
import { readText } from './read-text.ts';

export function localeOf(environment: Environment): string | undefined {
  return environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
}

/** That of a configuration, which may have errors elsewhere; otherwise that of the terminal. */
export function localeIn(document: RawTable, environment: Environment): string | undefined {
  const named = rawTable(document['ui'])['language'];
  return named === 'zh' || named === 'en' ? named : localeOf(environment);
}

/** The same of a file, which may not be there. */
export function localeOfFile(path: string, environment: Environment): string | undefined {
  try {
    return localeIn(parseToml(path, readText(path, 'must exist')), environment);
  } catch {
    return localeOf(environment);
  }
}
