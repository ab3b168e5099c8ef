/**
 * Runs a program that may hang, ignore signals, fork, or print without end, and terminates it whatever it
 * does: no shell, an explicit environment, its own process group, bounded output, a deadline.
 */

import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Readable } from 'node:stream';

import { KIB } from '@zephyr/contract/units';
import { type Clock, systemClock, type Timer } from '@zephyr/runtime/clock';

import { killMarked, newMarker } from './orphan-cleanup.ts';
import { type ProbeUser, setprivPrefix, signalAllOf } from './probe-users.ts';

export interface ProcessRequest {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the program: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working folder. */
  readonly folder: string;
  /** From the start until SIGTERM. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Absent: it runs as our own user. */
  readonly user?: ProbeUser | undefined;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}

/** How the program ended. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** By a signal that we did not send: a crash, the kernel's OOM killer, a person. */
  | { readonly kind: 'died'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'killed'; readonly why: 'deadline' | 'output_limit' | 'aborted' }
  | { readonly kind: 'not_started'; readonly errorCode: string };

export interface ProcessReport {
  readonly end: ProcessEnd;
  /** At most `MAX_OUTPUT_BYTES` each. */
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

/** The JSON result of the Claude CLI is about 1 KiB. A program that prints more than this is ended. */
export const MAX_OUTPUT_BYTES = 64 * KIB;
/** How long a program may clean up after SIGTERM. The Claude CLI takes about 50 ms. */
const TERM_GRACE_MS = 2_000;
/** A grandchild may hold the pipes open: output is awaited only this long after the exit. */
const PIPE_GRACE_MS = 100;

type KillReason = Extract<ProcessEnd, { kind: 'killed' }>['why'];

type RunState =
  | { readonly status: 'running' | 'finished' }
  | { readonly status: 'killed'; readonly why: KillReason };

/** Never rejects. When it resolves, the program and all processes that it started have ended. */
export function runProcess(request: ProcessRequest): Promise<ProcessReport> {
  const problem = startProblem(request.file);
  if (problem !== undefined) {
    const end: ProcessEnd = { kind: 'not_started', errorCode: problem };
    return Promise.resolve({ end, stdout: '', stderr: '', wallMs: 0 });
  }
  return new Promise((resolve) => {
    new Run(request, resolve).start();
  });
}

/** One started program, until it and all processes that it started have ended. */
class Run {
  readonly #request: ProcessRequest;
  readonly #resolve: (report: ProcessReport | Promise<ProcessReport>) => void;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #marker = newMarker();
  readonly #child: ProgramProcess;
  readonly #stdout: () => string;
  readonly #stderr: () => string;
  readonly #timers = new Set<Timer>();
  readonly #abort = (): void => this.#kill('aborted');
  /** Signals are sent in sequence: a late one would hit the next program of this user. */
  #signalled = Promise.resolve();
  #state: RunState = { status: 'running' };

  constructor(
    request: ProcessRequest,
    resolve: (report: ProcessReport | Promise<ProcessReport>) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#clock = request.clock ?? systemClock;
    this.#startedAtMs = this.#clock.nowMs();
    this.#child = spawnProgram(request, this.#marker);
    this.#stdout = collect(this.#child.stdout, () => this.#kill('output_limit'));
    this.#stderr = collect(this.#child.stderr, () => this.#kill('output_limit'));
  }

  start(): void {
    const { timeoutMs, signal } = this.#request;
    const child = this.#child;
    this.#timers.add(this.#clock.setTimer(() => this.#kill('deadline'), timeoutMs));
    signal.addEventListener('abort', this.#abort, { once: true });
    if (signal.aborted) this.#abort();
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined)
        this.#finish({ kind: 'not_started', errorCode: error.code ?? 'UNKNOWN' });
    });
    // Not 'close': that waits for any process that holds the pipes.
    child.once('exit', (code, exitSignal) => {
      const end = endOf({ code, signal: exitSignal, state: this.#state });
      const grace = this.#clock.setTimer(() => this.#finish(end), PIPE_GRACE_MS);
      child.once('close', () => {
        this.#clock.clearTimer(grace);
        this.#finish(end);
      });
    });
  }

  #kill(why: KillReason): void {
    if (this.#state.status !== 'running') return;
    this.#state = { status: 'killed', why };
    this.#signalAll('TERM');
    this.#timers.add(this.#clock.setTimer(() => this.#signalAll('KILL'), TERM_GRACE_MS));
  }

  #signalAll(signal: 'TERM' | 'KILL'): void {
    const { user } = this.#request;
    if (user === undefined) signalGroup(this.#child, `SIG${signal}`);
    else this.#signalled = this.#signalled.then(() => signalAllOf(user, signal));
  }

  #finish(end: ProcessEnd): void {
    if (this.#state.status === 'finished') return;
    this.#state = { status: 'finished' };
    for (const timer of this.#timers) this.#clock.clearTimer(timer);
    this.#request.signal.removeEventListener('abort', this.#abort);
    // Even after a clean exit: nothing else ends what it left running.
    this.#signalAll('KILL');
    if (this.#request.user === undefined) killMarked(this.#marker);
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    const wallMs = this.#clock.nowMs() - this.#startedAtMs;
    this.#resolve(
      this.#signalled.then(() => ({
        end,
        stdout: this.#stdout(),
        stderr: this.#stderr(),
        wallMs,
      })),
    );
  }
}

type ProgramProcess = ChildProcessByStdio<null, Readable, Readable>;

function spawnProgram(
  { file, args, environment, folder, user }: ProcessRequest,
  marker: Readonly<Record<string, string>>,
): ProgramProcess {
  const [first, ...prefix] =
    user === undefined ? dyingWithParent(file) : [...setprivPrefix(user, folder), file];
  return spawn(first, [...prefix, ...args], {
    // Only the other user may enter its folder.
    cwd: user === undefined ? folder : '/',
    env: { ...environment, ...marker },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Leader of its own process group: `kill(-pid)` reaches what it forks.
    detached: true,
  });
}

/** Checked before the start: afterwards the error would be that of `setpriv`. */
function startProblem(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  }
}

function endOf(exit: {
  code: number | null;
  signal: NodeJS.Signals | null;
  state: RunState;
}): ProcessEnd {
  if (exit.state.status === 'killed') return { kind: 'killed', why: exit.state.why };
  if (exit.code !== null) return { kind: 'exited', code: exit.code };
  return { kind: 'died', signal: exit.signal ?? 'SIGKILL' };
}

/** Signals every process of the child's group; one that has already ended is not an error. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Keeps the first `MAX_OUTPUT_BYTES` of a stream and calls `onLimit` when there is more. */
function collect(stream: Readable, onLimit: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    const room = MAX_OUTPUT_BYTES - bytes;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    bytes += chunk.length;
    if (bytes <= MAX_OUTPUT_BYTES) return;
    // Do not spend CPU on reading a program that prints without end.
    stream.pause();
    onLimit();
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

let hasSetpriv: boolean | undefined;

/** On Linux the kernel kills the program if we are killed and cannot do it ourselves. */
function dyingWithParent(file: string): [string, ...string[]] {
  hasSetpriv ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return hasSetpriv ? ['setpriv', '--pdeathsig', 'KILL', file] : [file];
}
