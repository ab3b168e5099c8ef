import type { ApiSample } from '@zephyr/contract/api/api-history';

const LEVELS = '▁▂▃▄▅▆▇█';

/** The latest samples as a line of blocks, padded at the left; a failure is a cross. */
export function sparkline(samples: readonly ApiSample[], width: number, maxMs: number): string {
  const recent = samples.slice(-width);
  const blocks = recent.map(({ verdict }) => {
    if (verdict.status === 'failed') return '×';
    const level = Math.round((verdict.latencyMs / Math.max(1, maxMs)) * (LEVELS.length - 1));
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level))] ?? ' ';
  });
  return blocks.join('').padStart(width);
}
