/**
 * A program that people put between Claude Code and their endpoints, as the bench runs it: with the
 * configuration that its own documentation recommends for failover between two endpoints.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { caFile, endWithUs, listening } from '../../services/proxy/bench/contenders.ts';

export interface Peer {
  readonly name: string;
  /** Pinned, so that two runs compare the same; a system program reports its own. */
  readonly version: string;
  /** Why it cannot take part, e.g. "not installed: apt-get install nginx". */
  readonly missing?: string | undefined;
  /** @param urls base URLs of the endpoints in order of preference; one or two */
  start(urls: readonly string[]): Promise<RunningPeer>;
}

export interface RunningPeer {
  readonly port: number;
  /** Headers that it requires in each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its clients speak TLS to it. */
  readonly isTls?: boolean;
  /** The processes whose CPU and memory are its cost; empty if direct. */
  pids(): readonly number[];
  stop(): Promise<void> | void;
}

/** The token that a peer sends to the endpoints. */
export const TOKEN = 'bench-token-5d1c';
export const MODEL = 'claude-haiku-4-5';
/** If a peer has such a setting: how long an endpoint may send nothing. */
export const TIMEOUT_SECONDS = 30;

/** Loading Python packages takes long on two busy cores. */
const START_TIMEOUT_MS = 120_000;

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it and waits until its port answers. @throws if it ends, or does not answer in time */
export async function startProgram({ file, args, port, env }: Program): Promise<ChildProcess> {
  const child = spawn(file, [...args], {
    stdio: 'ignore',
    env: {
      ...{ PATH: process.env['PATH'], NODE_ENV: 'production' },
      // For a TLS endpoint: for Node, and for Python.
      ...{ NODE_EXTRA_CA_CERTS: caFile(), SSL_CERT_FILE: caFile() },
      ...env,
    },
  });
  endWithUs(child);
  try {
    await listening(port, child, START_TIMEOUT_MS);
  } catch (error) {
    await stopProgram(child);
    throw error;
  }
  return child;
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}

/** A process with its descendants. */
export function familyOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return [];
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(text === '' ? [] : text.split(' ').map(Number)).flatMap(familyOf)];
  } catch {
    return [];
  }
}
