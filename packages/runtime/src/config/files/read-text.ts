/** The text of config.toml and .env, and what to do if it cannot be read. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { messageOf, ZephyrError } from '../../errors.ts';
import { type Phrase, phrase } from '../../phrase.ts';

/** The root of the repository, or of the npm package, which has the same layout. */
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The configuration must exist; the file with the tokens may be missing. */
type FileRule = 'must exist' | 'may be missing';

/** @throws ZephyrError `CONFIG` */
export function readText(path: string, rule: FileRule): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && rule === 'may be missing') return '';
    if (code === 'ENOENT') {
      throw new ZephyrError('CONFIG', phrase`${path} does not exist`, {
        advice: [
          phrase`make one:             cp ${example('config.toml')} ${path} && cp ${example('.env')} .env && chmod 600 .env`,
          phrase`with Instcopilot:     use config.toml.example.instcopilot and .env.example.instcopilot`,
          phrase`then add your endpoints to the first file and the tokens to the second`,
          phrase`or try Zephyr first:  make demo, or zephyr demo (needs no token)`,
        ],
      });
    }
    const why =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? phrase`it is not UTF-8` : messageOf(error);
    throw new ZephyrError('CONFIG', phrase`cannot read ${path}: ${why}`, {
      cause: error,
      advice: adviceFor(code, path, rule),
    });
  }
}

/** Relative to the current folder. */
function example(name: string): string {
  const file = `${name}.example`;
  const path = join(ROOT, file);
  // The images contain no examples.
  return existsSync(file) || !existsSync(path) ? file : path;
}

/** @param code Node's error code */
export function adviceFor(
  code: string | undefined,
  path: string,
  rule: FileRule,
): readonly Phrase[] {
  if (code === 'EACCES' || code === 'EPERM') return [readableAdvice(path, rule)];
  return code === 'EISDIR' ? [phrase`this is a folder: name the file in it`] : [];
}

/** Advice for an unreadable file; the tokens must stay unreadable to others. */
function readableAdvice(path: string, rule: FileRule): Phrase {
  return rule === 'may be missing'
    ? phrase`only the user who runs Zephyr should read it: sudo chown "$(id -un)" ${path} && chmod 600 ${path}`
    : phrase`give its user read access: chmod a+r for the file, a+rx for its folder (in containers each service has its own user)`;
}
