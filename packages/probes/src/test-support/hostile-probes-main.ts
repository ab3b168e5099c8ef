/**
 * Probes hostile endpoints and a good one beside them, twice in one process, and prints the result:
 * `{ verdicts: { <url>: [first, second] }, good: […], grownBytes }`.
 *
 *     node hostile-probes-main.ts <style> <good url> <hostile url>…
 */

import type { ProbeStyle, ProbeVerdict } from '@zephyr/contract/probe/probe';
import { KIB } from '@zephyr/contract/units';
import { createStartGate } from '../claude-cli/start-gate.ts';
import { runProbe } from '../probe.ts';
import { bearer } from './bearer.ts';

const [style = 'messages', good = '', ...hostile] = process.argv.slice(2);
const gate = createStartGate();
const { signal } = new AbortController();

async function probe(baseUrl: string): Promise<ProbeVerdict> {
  const target = { baseUrl, headers: bearer('sk-canary'), model: 'claude-haiku-4-5' };
  const report = await runProbe(
    style as ProbeStyle,
    { ...target, timeoutMs: 10_000 },
    { signal, gate },
  );
  return report.verdict;
}

const peakBytes = (): number => process.resourceUsage().maxRSS * KIB;

// Memory that the first probe of a process allocates for good is not the endpoint's doing.
await probe(good);
const beforeBytes = peakBytes();
const verdicts: Record<string, ProbeVerdict[]> = Object.fromEntries(
  hostile.map((url) => [url, []]),
);
const beside: ProbeVerdict[] = [];
for (let round = 0; round < 2; round += 1) {
  const all = hostile.map(async (url) => verdicts[url]?.push(await probe(url)));
  beside.push(await probe(good));
  await Promise.all(all);
}
console.log(JSON.stringify({ verdicts, beside, grownBytes: peakBytes() - beforeBytes }));
