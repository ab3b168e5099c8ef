/**
 * The program of a probe under its own user, with exactly what a container gives the prober: real users
 * and capabilities, so it needs root. Skipped elsewhere.
 */

import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '@zephyr/testkit/eventually';

import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { sse } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { z } from 'zod';

const PROGRAM = fileURLToPath(new URL('../test-support/probes-as-users-main.ts', import.meta.url));
const CAPABILITIES = '+setuid,+setgid';
const RANGE = '64100-64101';
const UIDS = [64_100, 64_101];
// Other users need access to this folder: /root is closed to them.
const canBecomeOthers =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', ['--reuid=64100', process.execPath, '--version']).status === 0;
if (!canBecomeOthers) console.log('probe users: not tested, this user cannot become others');

let folder: string;
let secretFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-users-'));
  // The programs write their findings there.
  chmodSync(folder, 0o777);
  secretFile = join(folder, 'redis-url');
  writeFileSync(secretFile, 'canary-of-a-file');
  // Like the prober's secrets in a container: readable by its group alone.
  chmodSync(secretFile, 0o440);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in place of the CLI that looks for everything and leaves something behind. */
function nosyProgram(): string {
  const file = join(folder, 'claude');
  const found = `"${folder}/found-$(id -u)"`;
  writeFileSync(
    file,
    `#!/bin/sh
    setsid env -i sleep 600 >/dev/null 2>&1 &
    id -u >>${found}; id -g >>${found}; id -G >>${found}
    cat ${secretFile} >>${found} 2>&1
    cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep canary-of-the-prober >>${found}
    grep CapEff /proc/self/status >>${found}
    sleep 1`,
  );
  chmodSync(file, 0o755);
  return file;
}

const reportSchema = z.object({
  uid: z.number(),
  capabilities: z.string(),
  verdicts: z.array(z.looseObject({ status: z.string() })),
});

/** As in docker-compose.yml: the prober starts as root with two capabilities, then keeps them as 10002. */
async function probeAsUsers({ onTestFinished }: TestContext, claude: string) {
  const upstream = await startScriptedUpstream({ script: sse() });
  onTestFinished(() => upstream.stop());
  const container = ['--regid=0', '--clear-groups', '--no-new-privs', '--inh-caps=-all'];
  const { stdout } = await promisify(execFile)(
    'setpriv',
    [
      ...container,
      `--bounding-set=-all,${CAPABILITIES}`,
      ...['setpriv', '--reuid=10002', `--inh-caps=${CAPABILITIES}`],
      ...[`--ambient-caps=${CAPABILITIES}`, process.execPath, PROGRAM, RANGE, upstream.url, claude],
    ],
    {
      cwd: '/',
      env: { PATH: process.env['PATH'], SECRET: 'canary-of-the-prober', HOME: '/tmp' },
    },
  );
  return reportSchema.parse(JSON.parse(stdout));
}

/** Undefined for files that are gone by now: other tests run probes too. */
const ownerOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.uid;

/** Processes of the users of the probes. */
function processesOfUsers(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && UIDS.includes(statSync(`/proc/${name}`).uid);
    } catch {
      return false;
    }
  });
}

describe.skipIf(!canBecomeOthers)('probes under users of their own', () => {
  it('read no secret of the prober, and leave nothing, twice', async (context) => {
    const report = await probeAsUsers(context, nosyProgram());
    expect(report.uid).toBe(10_002);
    // CAP_SETGID is bit 6, CAP_SETUID bit 7.
    expect(Number.parseInt(report.capabilities, 16)).toBe(0xc0);
    for (const uid of UIDS) {
      const lines = readFileSync(join(folder, `found-${uid}`), 'utf8')
        .trim()
        .split('\n');
      // Two rounds, each with the user, the group, no other group, no file and no variable.
      expect(lines.filter((line) => line === String(uid))).toHaveLength(6);
      expect(lines.filter((line) => line.includes('Permission denied'))).toHaveLength(2);
      expect(lines.filter((line) => /^CapEff:\s0+$/.test(line))).toHaveLength(2);
      expect(lines).toHaveLength(10);
    }
    await eventually(() => expect(processesOfUsers()).toEqual([]));
    expect(
      readdirSync(tmpdir()).filter(
        (name) =>
          name.startsWith('zephyr-probe-') && UIDS.includes(ownerOf(join(tmpdir(), name)) ?? 0),
      ),
    ).toEqual([]);
  });

  it('pass with the real CLI', async (context) => {
    const { verdicts } = await probeAsUsers(context, '');
    expect(verdicts).toMatchObject(Array.from({ length: 4 }, () => ({ status: 'ok' })));
    await eventually(() => expect(processesOfUsers()).toEqual([]));
  });

  it('fail without the capabilities, and never run as the prober instead', () => {
    const { status, stderr } = spawnSync(
      'setpriv',
      ['--reuid=10002', '--clear-groups', '--regid=10002', process.execPath, PROGRAM, RANGE],
      { cwd: '/', encoding: 'utf8' },
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain('the prober is not permitted to run probes as separate users');
  });
});
