/** What a decision was based on, in reading order. Pure. */

import { rankingMs } from '@zephyr/contract/decide/ranking';
import { DEFAULT_PORTS } from '@zephyr/contract/default-ports';
import { isLoopback } from '@zephyr/contract/loopback';

import type { ShownDecision } from '../../state/decision-shown.ts';

export type ComparedEndpoint = ShownDecision['considered'][number] & {
  readonly part: 'left' | 'chosen' | 'other';
};

/** The selected one first, then by score; endpoints without a score or not available come last. */
export function comparedIn({
  considered,
  fromId,
  toId,
}: ShownDecision): readonly ComparedEndpoint[] {
  const placed = considered.map((endpoint) => ({
    ...endpoint,
    // An endpoint may follow itself, after an outage.
    part:
      endpoint.id === toId
        ? ('chosen' as const)
        : endpoint.id === fromId
          ? ('left' as const)
          : ('other' as const),
  }));
  return placed.toSorted(
    (one, two) =>
      Number(two.part === 'chosen') - Number(one.part === 'chosen') ||
      Number(one.unavailable.length > 0) - Number(two.unavailable.length > 0) ||
      rankingMs(one.score) - rankingMs(two.score) ||
      0,
  );
}

/**
 * The command that replays this decision.
 * @param page the dashboard's URL, which the command needs if it is another machine
 */
export function replayCommand(
  { number }: Pick<ShownDecision, 'number'>,
  page: Pick<URL, 'hostname' | 'origin' | 'pathname' | 'port'>,
): string {
  const isHere = isLoopback(page.hostname) && page.port === String(DEFAULT_PORTS.controller);
  return `zephyr replay --from ${number}${isHere ? '' : ` --url ${page.origin}${page.pathname.replace(/\/(index\.html)?$/, '')}`}`;
}
