/** Has a prober find out what a new endpoint can do: the controller itself never contacts endpoints. */
import {
  type EndpointFinding,
  endpointFindingSchema,
} from '@zephyr/contract/probe/endpoint-finding';
import { SURVEY_WAIT_MS } from '@zephyr/contract/probe/survey-timing';
import type { EndpointId } from '@zephyr/contract/scalars';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { PROBE_JOB, PROBE_JOB_OPTIONS } from '@zephyr/runtime/queue/probe-jobs';
import { openProbeQueue, type ProbeQueue } from '@zephyr/runtime/queue/probe-queue';
import type { RedisTarget } from '@zephyr/runtime/redis/client';

const POLL_MS = 300;

export interface SurveyDeps {
  readonly target: RedisTarget;
  readonly clock: Clock;
}

/**
 * Takes an id because probers read address and token from their own configuration. Undefined if none
 * answered.
 */
export async function surveyed(
  endpointId: EndpointId,
  { target, clock }: SurveyDeps,
  signal: AbortSignal,
): Promise<EndpointFinding | undefined> {
  const endsAtMs = clock.nowMs() + SURVEY_WAIT_MS;
  const isOver = () => signal.aborted || clock.nowMs() >= endsAtMs;
  const { queue, close } = openProbeQueue(target, () => undefined);
  const wait = () => pause(clock, POLL_MS, signal);
  try {
    while (!isOver()) {
      const answer = await answerOf(queue, endpointId, { isOver, wait });
      const finding = endpointFindingSchema.safeParse(answer);
      if (finding.success) return finding.data;
      // The prober loads the changed configuration within a second.
      if (answer !== 'unknown_endpoint') return undefined;
      await wait();
    }
    return undefined;
  } finally {
    await close();
  }
}

async function answerOf(
  queue: ProbeQueue['queue'],
  endpointId: EndpointId,
  { isOver, wait }: { readonly isOver: () => boolean; readonly wait: () => Promise<void> },
): Promise<unknown> {
  const data = { endpointId, trigger: 'survey', spending: 'normal', wants: 'any' } as const;
  const added = await queue.add(PROBE_JOB, data, { ...PROBE_JOB_OPTIONS, lifo: true });
  while (!isOver()) {
    await wait();
    const job = added.id === undefined ? undefined : await queue.getJob(added.id);
    if (job === undefined || job.finishedOn !== undefined) return job?.returnvalue;
  }
  // The caller is no longer waiting for it.
  await added.remove().catch(() => undefined);
  return undefined;
}
