/**
 * Runs two probes at the same time, twice in one process, each under its own user; then prints
 * `{ uid, capabilities, verdicts }`.
 *
 *     node probes-as-users-main.ts <first uid>-<last uid> <url> <program in place of the CLI>
 */
import { readFileSync } from 'node:fs';

import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import { createStartGate } from '../claude-cli/start-gate.ts';
import { runProbe } from '../probe.ts';
import { openProbeUsers } from '../process/probe-users.ts';
import { bearer } from './bearer.ts';

const [range = '', baseUrl = '', claudeBinaryPath = ''] = process.argv.slice(2);
const users = await openProbeUsers(range, 2);
const gate = createStartGate(2);
const { signal } = new AbortController();

async function probe(): Promise<ProbeVerdict> {
  const target = { baseUrl, headers: bearer('sk-canary'), model: 'claude-haiku-4-5' };
  const limits = { timeoutMs: 20_000, ...(claudeBinaryPath === '' ? {} : { claudeBinaryPath }) };
  return (await runProbe('cli', { ...target, ...limits }, { signal, gate, users })).verdict;
}

const verdicts = [];
for (let round = 0; round < 2; round += 1) {
  verdicts.push(...(await Promise.all([probe(), probe()])));
}
const capabilities = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
console.log(JSON.stringify({ uid: process.getuid?.(), capabilities, verdicts }));
