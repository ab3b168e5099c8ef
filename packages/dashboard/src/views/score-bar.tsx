import type { ApiEndpoint } from '@zephyr/contract/api-endpoint';
import type { ProxyEndpoint } from '@zephyr/contract/proxy-status';

import { speech } from '../language.ts';

/** Only the controller knows the parts. */
type ShownScore = ApiEndpoint['score'] | ProxyEndpoint['score'];

const PARTS = ['latency', 'live', 'failure', 'limit', 'preference', 'uncertainty'] as const;

interface ScoreBarProps {
  readonly score: ShownScore;
  /** The largest score of all endpoints: the bars can be compared by their length. */
  readonly maxMs: number;
}

/** The score as a number and as a bar of its parts; the parts in words on hover and for readers. */
export function ScoreBar({ score, maxMs }: ScoreBarProps) {
  const { say, numbers } = speech.value;
  if (score.status === 'unknown') {
    return (
      <div class="score">
        <span class="label">{say('column.score')}</span>
        <span class="value quiet-text">{say('score.unknown')}</span>
      </div>
    );
  }
  const parts = 'latencyMs' in score ? partsOf(score) : [];
  const title = parts.map(({ name, ms }) => `${say(`score.${name}`)} ${numbers.latency(ms)}`);
  const meaning = say('score.title');
  return (
    <div class="score" title={parts.length === 0 ? meaning : `${meaning}: ${title.join(' + ')}`}>
      <span class="label">{say('column.score')}</span>
      <span class="value">{numbers.latency(score.totalMs)}</span>
      <span class="unseen">{title.join(', ')}</span>
      <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {(parts.length === 0 ? [{ name: 'latency', ms: score.totalMs, startMs: 0 }] : parts).map(
          ({ name, ms, startMs }) => (
            <rect
              key={name}
              class={name}
              x={Math.min(100, (startMs / maxMs) * 100)}
              width={(ms / maxMs) * 100}
              y={0}
              height={6}
            />
          ),
        )}
      </svg>
    </div>
  );
}

/** Of those that may serve, if any: one that is down would make all other bars tiny. */
export function largestScoreMs(
  endpoints: readonly { readonly available: boolean; readonly score: ShownScore }[],
): number {
  const available = endpoints.filter((endpoint) => endpoint.available);
  const compared = available.length === 0 ? endpoints : available;
  return Math.max(
    1,
    ...compared.map(({ score }) => (score.status === 'known' ? score.totalMs : 0)),
  );
}

type ScoreInParts = Extract<ApiEndpoint['score'], { status: 'known' }>;

export interface ScorePart {
  readonly name: (typeof PARTS)[number];
  readonly ms: number;
  readonly startMs: number;
}

export function partsOf(score: ScoreInParts): readonly ScorePart[] {
  let startMs = 0;
  return PARTS.map((name) => {
    const ms = score[`${name}Ms`] ?? 0;
    const part = { name, ms, startMs };
    startMs += ms;
    return part;
  });
}
