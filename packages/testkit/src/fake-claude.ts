/**
 * A program in place of the Claude CLI, for what the real one cannot be made to do. Each behaviour is a
 * small shell script, so that it starts immediately and needs nothing.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { folderOfTest } from './folder-of-test.ts';

export const FAKE_BEHAVIOURS = {
  /** Ignores SIGTERM, as does its child. */
  ignoresTerm: `trap '' TERM; sleep 600 & wait; sleep 600`,
  /** Exits cleanly and leaves a process in its own session, which a group kill misses. */
  leavesDaemon: `setsid sleep 600 >/dev/null 2>&1 & sleep 0.2; exit 0`,
  /** Hangs and has a child in another session that holds the output pipes open. */
  hangsWithDaemon: `setsid sleep 600 & sleep 600`,
  /** Prints without end. */
  printsForever: `exec cat /dev/zero`,
  /** Exits with code 3 and a line on standard error. */
  exits3: `echo 'cannot continue' >&2; exit 3`,
  /** Dies of a signal. */
  crashes: `kill -SEGV $$`,
  /** Reports success without having sent a request. */
  liesAboutSuccess: `echo '{"type":"result","subtype":"success","is_error":false,"result":"pong","stop_reason":"end_turn"}'`,
  /** Prints its environment, arguments and working folder, also into the file `output` next to itself. */
  printsAll: `(env; echo "args: $*"; echo "folder: $(pwd)"; ls -A) | tee "$(dirname "$0")/output"`,
  /** Writes all processes' environments and arguments that it can read into the file `output`, and hangs. */
  readsProcesses: `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' >"$(dirname "$0")/new"; mv "$(dirname "$0")/new" "$(dirname "$0")/output"; sleep 600`,
  /** Prints text that is not JSON, with bytes that are not UTF-8. */
  printsGarbage: `printf 'garbage \\377\\376\\000 here'`,
} as const;

export type FakeBehaviour = keyof typeof FAKE_BEHAVIOURS;

/** Writes the program into a folder of the current test and returns its path. */
export function makeFakeClaude(behaviour: FakeBehaviour): string {
  const file = join(folderOfTest('fake-claude'), 'claude');
  writeFileSync(file, `#!/bin/sh\n${FAKE_BEHAVIOURS[behaviour]}\n`);
  chmodSync(file, 0o755);
  return file;
}
