/** What is left of the budgets of people and teams. */

import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { Budget } from '@zephyr/contract/usage/people-limits';
import { budgetsOf, type LimitsConfig, limitSubjects, PeopleCounters } from '@zephyr/core';
import { syncLimits } from '@zephyr/runtime/redis/people-limits-store';
import type { Redis } from 'ioredis';

/** As written by proxies, at most a second ago. Reads nothing if nobody has a limit. */
export async function readBudgets(
  redis: Redis,
  config: LimitsConfig,
  epochMs: number,
): Promise<readonly Budget[]> {
  const subjects = limitSubjects(config);
  if (subjects.length === 0) return [];
  const read = await syncLimits(redis, epochMs);
  const counters = new PeopleCounters();
  counters.receive(read, epochMs);
  return budgetsOf({
    ...{ subjects, epochMs, grants: read.grants },
    spentNanoUsd: (people) => counters.of(people, epochMs).spentNanoUsd,
  });
}

/** Names to which more can be granted. */
export function namesOfPeople({ clients, teams }: LimitsConfig): ReadonlySet<string> {
  const people = clients.length === 0 ? [ANONYMOUS] : clients.map(({ name }) => name);
  return new Set([...people, ...teams.map(({ name }) => name)]);
}
