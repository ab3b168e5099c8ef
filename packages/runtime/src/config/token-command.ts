/**
 * Tokens that a program prints (`token_command`), such as a password manager. It is run without a shell
 * and without our secrets; what it prints is never shown, also not where it fails.
 */
import {
  type ExecFileException,
  execFile,
  type SpawnSyncReturns,
  spawnSync,
} from 'node:child_process';

import { plainPart } from '../environment.ts';

/** @throws TokenCommandError */
export type ReadToken = (command: readonly string[]) => string;

/** Names the first word of the command and its exit code, nothing else. */
export class TokenCommandError extends Error {}

/** People may have to touch a key; a service waits no longer for its start. */
const LIMIT_MS = 20_000;
/** The longest tokens have some hundred characters. */
const OUTPUT_LIMIT_BYTES = 16 * 1024;

/** For commands that need no token: nothing is run. */
export const UNREAD_TOKENS: ReadToken = () => 'not-read';

/** Waits for the command; each is run once by one reader. */
export function createTokenReader(): ReadToken {
  const known = new Map<string, string>();
  return (command) => {
    const key = keyOf(command);
    const token = known.get(key) ?? runAndWait(command);
    known.set(key, token);
    return token;
  };
}

export function keyOf(command: readonly string[]): string {
  return JSON.stringify(command);
}

function runAndWait(command: readonly string[]): string {
  const [file = '', ...args] = command;
  const result = spawnSync(file, args, { ...optionsOf(), encoding: 'utf8', stdio: STDIO });
  return tokenIn(file, outcomeOf(result));
}

const STDIO: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];

/** In the background. @throws TokenCommandError */
export async function runTokenCommand(command: readonly string[]): Promise<string> {
  const [file = '', ...args] = command;
  const outcome = await new Promise<Outcome>((resolve) => {
    const child = execFile(file, args, { ...optionsOf(), encoding: 'utf8' }, (error, stdout) => {
      if (error === null) resolve({ kind: 'printed', text: stdout });
      else resolve(failureOf(isLate(error) ? 'ETIMEDOUT' : error.code, error.signal));
    });
    child.stdin?.end();
  });
  return tokenIn(file, outcome);
}

function optionsOf() {
  return {
    env: plainPart(process.env),
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_LIMIT_BYTES,
  } as const;
}

type Outcome =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string };

function outcomeOf({ error, signal, status, stdout }: SpawnSyncReturns<string>): Outcome {
  if (error !== undefined) return failureOf((error as NodeJS.ErrnoException).code, signal);
  if (status !== 0) return failureOf(status, signal);
  return { kind: 'printed', text: stdout };
}

function failureOf(
  code: string | number | null | undefined,
  signal: string | null | undefined,
): Outcome {
  if (typeof code === 'number') return { kind: 'failed', why: `which ended with code ${code}` };
  if (code === 'ENOENT') return { kind: 'failed', why: 'which is no program in PATH' };
  if (code === 'ENOBUFS' || code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return { kind: 'failed', why: 'which printed more than any token has' };
  if (code === 'ETIMEDOUT')
    return { kind: 'failed', why: `which did not end within ${LIMIT_MS / 1000} s` };
  if (code === undefined || code === null)
    return { kind: 'failed', why: `which was ended by ${signal ?? 'somebody'}` };
  return { kind: 'failed', why: `which cannot be run (${code})` };
}

/** Ended by us, and not for the length of its output. */
function isLate(error: ExecFileException): boolean {
  return error.killed === true && typeof error.code !== 'string';
}

function tokenIn(file: string, outcome: Outcome): string {
  if (outcome.kind === 'failed') throw new TokenCommandError(`${file}, ${outcome.why}`);
  const token = outcome.text.trim();
  if (token === '') throw new TokenCommandError(`${file}, which printed nothing`);
  if (/[\r\n]/.test(token)) throw new TokenCommandError(`${file}, which printed several lines`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TokenCommandError(`${file}, which printed something with blanks or outside ASCII`);
  return token;
}
