/** Long streams through proxies that have nothing else to do. */
import { ZEPHYR } from '../peers/ours-and-system.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { type StreamCost, streamCost } from '../peers/streams.ts';
import { startUpstream } from '../peers/upstream.ts';

export async function streamsThrough(
  count: number,
  proxies: number,
): Promise<{ readonly size: string; readonly cells: readonly string[] }> {
  const upstream = await startUpstream({ isTls: false });
  try {
    const say = (line: string): void => console.error(line);
    const cost = await streamCost(several(proxies), { upstream, count, say });
    return {
      size: `${count.toLocaleString('en')}${proxies > 1 ? ` over ${proxies} proxies` : ''}`,
      cells: 'text' in cost ? [cost.text] : cellsOf(cost, count),
    };
  } finally {
    upstream.stop();
  }
}

/** They take new connections in turn. */
function several(proxies: number): Peer {
  const start = async (urls: readonly string[]): Promise<RunningPeer> => {
    const all = await Promise.all(Array.from({ length: proxies }, () => ZEPHYR.start(urls)));
    let turns = 0;
    return {
      headers: {},
      get port() {
        turns += 1;
        return all[turns % proxies]?.port ?? 0;
      },
      pids: () => all.flatMap((proxy) => proxy.pids()),
      stop: async () => {
        await Promise.all(all.map((proxy) => proxy.stop()));
      },
    };
  };
  return { ...ZEPHYR, start };
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
