/** Where the Claude CLI is. */
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';

import { findProgram, isProgram } from '@zephyr/runtime/process/find-program';

/**
 * The path of the CLI; undefined if there is none.
 *
 * @param configured `claude_binary_path`: a path; or a bare name such as `claude`, looked up in PATH with
 *   the CLI from npm as the fallback; or undefined for the CLI from npm.
 */
export function findCli(configured: string | undefined, searchPath: string): string | undefined {
  if (configured === undefined) return cliFromNpm();
  if (isAbsolute(configured) || configured.includes('/')) {
    const path = resolve(configured);
    return isProgram(path) ? path : undefined;
  }
  return findProgram([configured], searchPath) ?? cliFromNpm();
}

/**
 * The native program of the pinned package `@anthropic-ai/claude-code`. Taken from its platform
 * package: `.bin/claude` is only a stub if npm did not run the package's install script.
 */
function cliFromNpm(): string | undefined {
  const require = createRequire(import.meta.url);
  const folderOf = (name: string, from: NodeJS.Require): string | undefined => {
    try {
      return dirname(from.resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  };
  const main = folderOf('@anthropic-ai/claude-code', require);
  if (main === undefined) return undefined;
  const platform = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  return [platform, `${platform}-musl`]
    .map((name) => folderOf(name, createRequire(join(main, 'package.json'))))
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'claude'))
    .find(isProgram);
}
