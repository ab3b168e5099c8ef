/** The probe by the real Claude CLI: sandboxed, measured at the forwarder. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import { NO_USAGE } from '@zephyr/core';

import type { ProbeRun, ProbeTarget } from '../probe-target.ts';
import { FOLDER_PREFIX } from '../process/orphan-cleanup.ts';
import { makeFolderOf, type ProbeUser, removeFoldersOf } from '../process/probe-users.ts';
import { runProcess } from '../process/run-process.ts';
import { usageInBody } from '../request/answer.ts';
import type { ObservedRequest } from '../request/watched-request.ts';
import { findCli } from './cli-binary.ts';
import { type CliStyle, cliCommand } from './cli-command.ts';
import { startForwarder } from './cli-forwarder.ts';
import { verdictOfCli } from './cli-verdict.ts';

const FALLBACK_SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

interface CliAnswer {
  readonly verdict: ProbeVerdict;
  readonly usage: AnswerUsage;
}

export async function probeByCli(
  style: CliStyle,
  target: ProbeTarget,
  run: ProbeRun,
): Promise<CliAnswer> {
  const searchPath = process.env['PATH'] ?? FALLBACK_SEARCH_PATH;
  const file = findCli(target.claudeBinaryPath, searchPath);
  if (file === undefined) return { verdict: missingCli(target.claudeBinaryPath), usage: NO_USAGE };

  const leave = await run.gate.enter(run.signal);
  const user = run.users?.take();
  try {
    // Never fall back to our own user.
    if (run.users !== undefined && user === undefined) throw new Error('no user for the probe');
    return await askCli({ style, target, file, searchPath, onRequest: leave, user }, run);
  } finally {
    if (user !== undefined) run.users?.giveBack(user);
    leave();
  }
}

interface CliQuery {
  readonly style: CliStyle;
  readonly target: ProbeTarget;
  readonly file: string;
  readonly searchPath: string;
  /** Called at the first request: the CLI has started, and from then on only waits. */
  readonly onRequest: () => void;
  readonly user: ProbeUser | undefined;
}

async function askCli(query: CliQuery, { signal, clock }: ProbeRun): Promise<CliAnswer> {
  const { style, target, file, searchPath, onRequest, user } = query;
  const { model, timeoutMs } = target;
  const forwarder = await startForwarder({ ...target, onRequest, clock });
  const folder = user === undefined ? makeFolder() : await makeFolderOf(user, deviceJson());
  try {
    const { baseUrl, password } = forwarder;
    const home = join(folder, 'home');
    const command = cliCommand({ style, model, timeoutMs, baseUrl, password, home, searchPath });
    const report = await runProcess({
      file,
      ...command,
      folder: join(folder, 'work'),
      timeoutMs,
      signal,
      user,
      clock,
    });
    const requests = await forwarder.stop();
    const secrets = [...target.headers.secrets, password];
    return {
      verdict: verdictOfCli({ report, requests, timeoutMs, secrets }),
      usage: sumUsage(requests),
    };
  } finally {
    await forwarder.stop();
    // Asynchronously: on a laptop, the same process is serving requests.
    if (user === undefined) await rm(folder, { recursive: true, force: true });
    else await removeFoldersOf(user, folder);
  }
}

/**
 * An empty, read-only working folder and a home, created for each probe, so that no earlier run, other
 * program or planted settings file can interfere.
 */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const config = join(folder, 'home', 'cfg');
  mkdirSync(config, { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, 'home', 'tmp'), { mode: 0o700 });
  writeFileSync(join(config, '.claude.json'), deviceJson());
  mkdirSync(join(folder, 'work'));
  chmodSync(join(folder, 'work'), 0o500);
  return folder;
}

/**
 * A device id of 64 hexadecimal digits like the CLI's own random ones, but the same for all probes of this
 * host: otherwise each probe would look like a new device to the endpoint.
 */
function deviceJson(): string {
  const userID = createHash('sha256').update(`claude-zephyr ${hostname()}`).digest('hex');
  return JSON.stringify({ userID });
}

function missingCli(configured: string | undefined): ProbeVerdict {
  const where = configured === undefined ? 'from npm' : `at "${configured}" (claude_binary_path)`;
  return { status: 'failed', failure: 'cli_missing', detail: `there is no Claude CLI ${where}` };
}

/** What the endpoint charged, including for an answer that the CLI did not accept. */
function sumUsage(requests: readonly ObservedRequest[]): AnswerUsage {
  return requests
    .map(({ body }) => usageInBody(body))
    .reduce(
      (sum, usage) => ({
        inputTokens: sum.inputTokens + usage.inputTokens,
        outputTokens: sum.outputTokens + usage.outputTokens,
        cacheReadTokens: sum.cacheReadTokens + usage.cacheReadTokens,
        cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
        cacheWrite1hTokens: sum.cacheWrite1hTokens + usage.cacheWrite1hTokens,
      }),
      NO_USAGE,
    );
}
