import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ProxyEndpoint } from '@zephyr/contract/status/proxy-status';
import { type ScorePart, scoreParts } from '@zephyr/texts/screens';

import { speech } from '../language/language.ts';

/** Only the controller knows the parts. */
type ShownScore = ApiEndpoint['score'] | ProxyEndpoint['score'];

interface ScoreBarProps {
  readonly score: ShownScore;
  /** The largest score of all endpoints: so that bars are comparable. */
  readonly maxMs: number;
}

/** The score as a number and as a bar of its parts; the parts as text on hover and for screen readers. */
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
  const parts = 'latencyMs' in score ? placed(scoreParts(score)) : [];
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

/** Among those that may serve, if any: one that is down would dwarf all other bars. */
export function maxScoreMsOf(
  endpoints: readonly { readonly available: boolean; readonly score: ShownScore }[],
): number {
  const available = endpoints.filter((endpoint) => endpoint.available);
  const compared = available.length === 0 ? endpoints : available;
  return Math.max(
    1,
    ...compared.map(({ score }) => (score.status === 'known' ? score.totalMs : 0)),
  );
}

/** Each begins where the previous one ends. */
function placed(parts: readonly ScorePart[]) {
  let startMs = 0;
  return parts.map((part) => {
    const here = { ...part, startMs };
    startMs += part.ms;
    return here;
  });
}
