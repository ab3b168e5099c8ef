import type { ApiEndpoint } from '@zephyr/runtime/api';

import { speech } from '../language.ts';

const PARTS = ['latency', 'failure', 'uncertainty'] as const;

interface ScoreBarProps {
  readonly endpoint: ApiEndpoint;
  /** The largest score of all endpoints: the bars can be compared by their length. */
  readonly maxMs: number;
}

/** The score as a number and as a bar of its parts; the parts in words on hover and for readers. */
export function ScoreBar({ endpoint: { score }, maxMs }: ScoreBarProps) {
  const { say, numbers } = speech.value;
  if (score.status === 'unknown') {
    return (
      <div class="score">
        <span class="label">{say('column.score')}</span>
        <span class="value quiet-text">{say('score.unknown')}</span>
      </div>
    );
  }
  const parts = partsOf(score);
  const title = parts.map(({ name, ms }) => `${say(`score.${name}`)} ${numbers.latency(ms)}`);
  return (
    <div class="score" title={`${say('score.title')}: ${title.join(' + ')}`}>
      <span class="label">{say('column.score')}</span>
      <span class="value">{numbers.latency(score.totalMs)}</span>
      <span class="unseen">{title.join(', ')}</span>
      <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, ms, startMs }) => (
          <rect
            key={name}
            class={name}
            x={Math.min(100, (startMs / maxMs) * 100)}
            width={(ms / maxMs) * 100}
            y={0}
            height={6}
          />
        ))}
      </svg>
    </div>
  );
}

type KnownScore = Extract<ApiEndpoint['score'], { status: 'known' }>;

export interface ScorePart {
  readonly name: (typeof PARTS)[number];
  readonly ms: number;
  readonly startMs: number;
}

export function partsOf(score: KnownScore): readonly ScorePart[] {
  let startMs = 0;
  return PARTS.map((name) => {
    const ms = score[`${name}Ms`];
    const part = { name, ms, startMs };
    startMs += ms;
    return part;
  });
}
