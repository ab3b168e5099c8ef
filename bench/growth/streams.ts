/** Long streams through one proxy alone. */
import { ZEPHYR } from '../peers/ours-and-system.ts';
import { type StreamCost, streamCost } from '../peers/streams.ts';
import { startUpstream } from '../peers/upstream.ts';

export async function streamsThrough(
  count: number,
): Promise<{ readonly size: string; readonly cells: readonly string[] }> {
  const upstream = await startUpstream({ isTls: false });
  try {
    const say = (line: string): void => console.error(line);
    const cost = await streamCost(ZEPHYR, { upstream, count, say });
    return {
      size: count.toLocaleString('en'),
      cells: 'text' in cost ? [cost.text] : cellsOf(cost, count),
    };
  } finally {
    upstream.stop();
  }
}

function cellsOf(
  { restMiB, memoryMiB, cpuUs, delayMs, delayP99Ms }: StreamCost,
  count: number,
): readonly string[] {
  return [
    `${cpuUs.toFixed(0)} µs`,
    `${memoryMiB.toFixed(0)} MiB`,
    `${(((memoryMiB - restMiB) * 1_024) / count).toFixed(0)} KiB`,
    `${delayMs.toFixed(1)} ms`,
    `${delayP99Ms.toFixed(0)} ms`,
  ];
}
