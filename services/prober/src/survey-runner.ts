/** A job for an operator who added an endpoint: finds out once what it can do. */
import type { AuthStyle } from '@zephyr/contract/auth-style';
import { type EndpointFinding, isServing } from '@zephyr/contract/probe/endpoint-finding';
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import { SURVEY_TIMEOUT_MS } from '@zephyr/contract/probe/survey-timing';
import type { EndpointId } from '@zephyr/contract/scalars';
import { cautiousPriceOf, costUsd, epochMs } from '@zephyr/core';
import type { StartGate } from '@zephyr/probes/claude-cli/start-gate';
import { targetOf } from '@zephyr/probes/endpoint-target';
import type { ProbeUsers } from '@zephyr/probes/process/probe-users';
import { type EndpointSurvey, findingOf, surveyEndpoint } from '@zephyr/probes/survey';
import { type Clock, timeoutSignal } from '@zephyr/runtime/clock';
import { groupOf } from '@zephyr/runtime/config/config';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { authStyleOf } from '@zephyr/runtime/credential';
import { probeSlotOf } from '@zephyr/runtime/queue/probe-jobs';
import { recordProbeUsage } from '@zephyr/runtime/redis/probe-usage';
import type { Redis } from 'ioredis';

import { keepTrying } from './keep-trying.ts';

export interface SurveyRunnerDeps {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly gate: StartGate;
  readonly users: ProbeUsers | undefined;
  /** The current configuration. */
  readonly loaded: () => LoadedConfig;
}

export async function runSurvey(
  { jobId, endpointId }: { readonly jobId: string; readonly endpointId: EndpointId },
  deps: SurveyRunnerDeps,
  signal: AbortSignal,
): Promise<EndpointFinding | 'unknown_endpoint'> {
  const loaded = deps.loaded();
  const endpoint = loaded.config.endpoints.find(({ id }) => id === endpointId);
  if (endpoint === undefined) return 'unknown_endpoint';
  const token = loaded.secrets.groupTokens.get(endpoint.groupName)?.reveal() ?? '';
  const startedAtMs = epochMs(deps.clock.epochMs());
  const survey = await surveyEndpoint(
    {
      auth: authStyleOf(token, endpoint.auth),
      targetBy: (auth: AuthStyle) => targetOf(loaded, { ...endpoint, auth }).target,
    },
    {
      signal: AbortSignal.any([signal, timeoutSignal(deps.clock, SURVEY_TIMEOUT_MS)]),
      ...{ gate: deps.gate, users: deps.users, clock: deps.clock },
    },
  );
  const finding = findingOf(survey);
  const { model } = groupOf(loaded.config, endpoint).healthCheck;
  const price = cautiousPriceOf(model, loaded.config.prices);
  const result = {
    ...{ endpointId, startedAtMs, slot: probeSlotOf(endpointId, jobId) },
    ...{ verdict: { status: statusOf(survey, finding) }, usage: survey.usage },
    costUsd: costUsd(survey.usage, price) * endpoint.usdFactor,
  };
  // The findings matter more than their line in the ledger.
  const people = loaded.config.clients.length;
  await keepTrying(() => recordProbeUsage(deps.redis, { result, model, people }), {
    clock: deps.clock,
    signal,
    gaveUp: () => undefined,
  });
  return finding;
}

function statusOf(
  { reach, refusal }: EndpointSurvey,
  finding: EndpointFinding,
): ProbeVerdict['status'] {
  if (isServing(finding)) return 'ok';
  return reach.status === 'failed' || refusal !== undefined ? 'failed' : 'ok';
}
