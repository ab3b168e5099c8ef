/**
 * Tokens that a program prints (`token_command`), such as a password manager. Run without a shell and without
 * our secrets; its output is never shown, even on failure.
 */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';

import { KIB } from '@zephyr/contract/units';

import { type Clock, systemClock } from '../../clock.ts';
import { isToken } from '../../credential.ts';
import { plainPart } from '../../environment.ts';
import { type Phrase, phrase, spoken } from '../../phrase.ts';

/** @throws TokenCommandError */
export type ReadToken = (command: readonly string[]) => string;

/** Names the first word of the command and its exit code, nothing else. */
export class TokenCommandError extends Error {
  /** The message, translatable. */
  readonly said: Phrase;

  constructor(said: Phrase) {
    super(spoken(said));
    this.said = said;
  }
}

/** A person may have to touch a security key; a service start waits no longer than this. */
export const TOKEN_COMMAND_TIMEOUT_MS = 20_000;
/** The longest tokens have a few hundred characters. */
const MAX_OUTPUT_BYTES = 16 * KIB;

/** For commands that need no token: nothing is run. */
export const UNREAD_TOKENS: ReadToken = () => 'not-read';

/** The last run of a command in this process. */
interface PastRun {
  /** When it last ended. */
  readonly atMs: number;
  /** The last token that it printed. */
  readonly token: string | undefined;
}

/**
 * By command. Services in one process share results, also across a restart: a program may prompt a person
 * each time, and while one service waits for it, the others would wait too.
 */
const pastRuns = new Map<string, PastRun>();

export function pastRunOf(command: readonly string[]): PastRun | undefined {
  return pastRuns.get(tokenCommandKey(command));
}

/** Waits for the command, unless it has printed a token in this process. */
export function createTokenReader(clock: Clock = systemClock): ReadToken {
  return (command) => pastRunOf(command)?.token ?? runAndWait(command, clock);
}

export function tokenCommandKey(command: readonly string[]): string {
  return JSON.stringify(command);
}

/** @returns the token @throws TokenCommandError */
function noted(command: readonly string[], result: CommandResult, clock: Clock): string {
  let token = pastRunOf(command)?.token;
  try {
    token = tokenIn(command[0] ?? '', result);
    return token;
  } finally {
    pastRuns.set(tokenCommandKey(command), { atMs: clock.nowMs(), token });
  }
}

function runAndWait(command: readonly string[], clock: Clock): string {
  const [file = '', ...args] = command;
  const result = spawnSync(file, args, {
    ...{ env: plainPart(process.env), encoding: 'utf8', stdio: STDIO },
    ...{ timeout: TOKEN_COMMAND_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES },
  });
  return noted(command, resultOf(result), clock);
}

const STDIO: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];

const running = new Map<string, Promise<string>>();

/** Runs in the background; concurrent calls for the same command share one run. @throws TokenCommandError */
export function runTokenCommand(command: readonly string[], clock: Clock): Promise<string> {
  const key = tokenCommandKey(command);
  const known = running.get(key);
  if (known !== undefined) return known;
  const run = runInBackground(command, clock).finally(() => running.delete(key));
  running.set(key, run);
  return run;
}

async function runInBackground(command: readonly string[], clock: Clock): Promise<string> {
  const [file = '', ...args] = command;
  // Its own process group, so that its children end with it.
  const child = spawn(file, args, {
    ...{ env: plainPart(process.env), stdio: STDIO, detached: true },
  });
  const endWithUs = () => killGroup(child);
  process.once('exit', endWithUs);
  try {
    return noted(command, await resultOfChild(child, clock), clock);
  } finally {
    process.off('exit', endWithUs);
  }
}

function resultOfChild(child: ChildProcess, clock: Clock): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = (code: string): void => {
    killGroup(child);
    child.stdout?.destroy();
    resolve(failureOf(code, undefined));
  };
  const limit = clock.setTimer(() => end('ETIMEDOUT'), TOKEN_COMMAND_TIMEOUT_MS);
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) end('ENOBUFS');
    else chunks.push(chunk);
  });
  child.on('error', (error: NodeJS.ErrnoException) => resolve(failureOf(error.code, undefined)));
  child.on('close', (code, signal) => {
    clock.clearTimer(limit);
    if (code === 0) resolve({ kind: 'printed', text: Buffer.concat(chunks).toString() });
    else resolve(failureOf(code, signal));
  });
  return promise.finally(() => clock.clearTimer(limit));
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

type CommandResult =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: Phrase };

function resultOf({ error, signal, status, stdout }: SpawnSyncReturns<string>): CommandResult {
  if (error !== undefined) return failureOf((error as NodeJS.ErrnoException).code, signal);
  if (status !== 0) return failureOf(status, signal);
  return { kind: 'printed', text: stdout };
}

function failureOf(
  code: string | number | null | undefined,
  signal: string | null | undefined,
): CommandResult {
  if (typeof code === 'number')
    return { kind: 'failed', why: phrase`which exited with code ${code}` };
  if (code === 'ENOENT') return { kind: 'failed', why: phrase`which is not a program in PATH` };
  if (code === 'ENOBUFS')
    return { kind: 'failed', why: phrase`which printed more than the longest token` };
  if (code === 'ETIMEDOUT')
    return {
      kind: 'failed',
      why: phrase`which did not finish within ${TOKEN_COMMAND_TIMEOUT_MS / 1000} s`,
    };
  if (code === undefined || code === null)
    return { kind: 'failed', why: phrase`which was killed by ${signal ?? '?'}` };
  return { kind: 'failed', why: phrase`which cannot be run (${code})` };
}

function tokenIn(file: string, result: CommandResult): string {
  if (result.kind === 'failed') throw new TokenCommandError(phrase`${file}, ${result.why}`);
  const token = result.text.trim();
  if (token === '') throw new TokenCommandError(phrase`${file}, which printed nothing`);
  if (/[\r\n]/.test(token))
    throw new TokenCommandError(phrase`${file}, which printed several lines`);
  if (!isToken(token))
    throw new TokenCommandError(phrase`${file}, which printed spaces or non-ASCII characters`);
  return token;
}
