/**
 * The cost of finding out whether a request streams and which model it is for: `node bench/request-facts.ts`.
 * CPU time of the best of several rounds, because noise can only add to it.
 */
import { KIB } from '@zephyr/contract/units';
import { QUICK_END_BYTES, QUICK_START_BYTES, quickFacts, RequestScan } from '@zephyr/core';

const ROUNDS = 15;
const TIMES = 400;
const CHUNK_BYTES = 16 * KIB;

/** A history as in coding sessions: source code with quotes, backslashes and line ends. */
function messages(bytes: number): object[] {
  const line = '  const found = text.match(/"(\\w+)"/g) ?? ["none"]; // see C:\\src\\a.ts\n';
  const found: object[] = [];
  for (let length = 0; length < bytes; length += 1_700) {
    const input = { file_path: '/src/a.ts', old_string: line.repeat(8), stream: true };
    found.push(
      { role: 'user', content: [{ type: 'text', text: line.repeat(8) }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Edit', input }] },
    );
  }
  return found;
}

function bodyOf(client: 'claude-code' | 'python', bytes: number): Buffer {
  const model = 'claude-sonnet-4-5';
  const history = messages(bytes);
  const text =
    client === 'claude-code'
      ? JSON.stringify({ model, messages: history, max_tokens: 32_000, stream: true })
      : JSON.stringify({ max_tokens: 32_000, messages: history, model, stream: true, tools: [] });
  return Buffer.from(text);
}

function facts(body: Buffer): void {
  const quick = quickFacts(
    body.toString('latin1', 0, QUICK_START_BYTES),
    body.toString('latin1', Math.max(0, body.length - QUICK_END_BYTES)),
  );
  if (quick !== undefined) return;
  const scan = new RequestScan();
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    scan.push(body.toString('latin1', at, at + CHUNK_BYTES));
  }
  if (scan.facts().isStream !== true) throw new Error('the scan is wrong');
}

function bestMicroseconds(act: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let time = 0; time < TIMES; time += 1) act();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / TIMES);
  }
  return best;
}

for (const client of ['claude-code', 'python'] as const) {
  for (const bytes of [1_000, 100_000]) {
    const body = bodyOf(client, bytes);
    const cost = bestMicroseconds(() => facts(body));
    const share = `${(body.length / 1024).toFixed(0)} KiB`.padStart(8);
    console.log(`${client.padEnd(12)} ${share} ${cost.toFixed(2).padStart(8)} µs`);
  }
}
