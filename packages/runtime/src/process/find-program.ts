/** Where a program is, as a shell would find it. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The first of these programs in a search path; an earlier name wins in any folder. Relative folders are
 * skipped.
 * @param searchPath as `PATH`
 */
export function findProgram(names: readonly string[], searchPath: string): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => isAbsolute(folder));
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // A folder has the execute bit too.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
