/** Processes the first content of an answer: its endpoint's speed and remaining rate limits. */
import type { EndpointId } from '@zephyr/contract/scalars';
import { latencyClassOf, rateLimitsOf, type TtftClass } from '@zephyr/core';

import { usageInHead } from '../answer/usage-at-start.ts';
import type { CommittedAttempt } from './attempt-result.ts';
import type { ExchangeContext } from './exchange-context.ts';

export interface NotedContent extends Pick<CommittedAttempt, 'ttftMs' | 'answer'> {
  readonly id: EndpointId;
  readonly ttftClass: TtftClass;
  /** Expected time where its session would move to; absent if that says nothing about the session. */
  readonly elsewhereMs: (() => number | undefined) | undefined;
}

export function noteFirstContent(
  { deps, input, placement, body }: ExchangeContext,
  { id, ttftMs, answer, ttftClass, elsewhereMs }: NotedContent,
): void {
  if (input.operation !== 'messages') return;
  if (elsewhereMs !== undefined) placement.noteContent(id, ttftMs, elsewhereMs());
  deps.stats.firstContent(id, ttftMs);
  const limits = rateLimitsOf(answer.headers, deps.clock.epochMs());
  if (limits !== undefined) deps.stats.limitsSeen(id, limits);
  // Without a stream the first content arrives with the last, so times are not comparable.
  if (body.facts().isStream !== true) return;
  deps.routing.noteFirstContent(id, ttftClass, ttftMs);
  const usage = usageInHead(answer.head);
  const isCached = usage.cacheReadTokens > usage.inputTokens + usage.cacheWriteTokens;
  const latencyClass = latencyClassOf(ttftClass.requestClass, isCached);
  deps.stats.streamBegan(id, { class: latencyClass, ms: ttftMs });
}
