/**
 * `zephyr probe`: probes endpoints now, from this machine, without a running system. Nothing is
 * recorded.
 */

import type { ProbeResult, ProbeStyle, ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import { cautiousPriceOf, costUsd, realStyleOf } from '@zephyr/core';
import { createStartGate } from '@zephyr/probes/claude-cli/start-gate';
import { targetOf } from '@zephyr/probes/endpoint-target';
import { runProbe } from '@zephyr/probes/probe';
import { probesAtOnce } from '@zephyr/probes/probes-at-once';
import type { Config, EndpointConfig } from '@zephyr/runtime/config/config';
import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { numbersOf, type Translate, translator } from '@zephyr/texts';
import { renderTable } from '../../output/table.ts';

interface ProbeOptions {
  readonly config: string;
  readonly envFile: string;
  /** Instead of the configured styles. */
  readonly style?: ProbeStyle;
  readonly json?: boolean;
}

/** The probe of one endpoint; `--json` prints a list of these. */
export interface ProbedEndpoint
  extends Omit<ProbeResult, 'slot' | 'sequence' | 'startedAtMs' | 'usage'> {
  readonly name: string;
  readonly groupName: string;
  readonly usage: AnswerUsage;
  /** Advice on a failure. */
  readonly advice?: string;
}

export interface ProbeInvocation {
  /** Instead of the configured styles. */
  readonly style?: ProbeStyle | undefined;
  /** Called when a probe starts and when it ends. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ProbeCall {
  /** Name or id of one endpoint; absent: all. */
  readonly wanted: string | undefined;
  readonly options: ProbeOptions;
  readonly environment: Environment;
  /** Called when a probe starts and when it ends. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** @throws ZephyrError `CONFIG`, or `USAGE` for an endpoint that does not exist */
export async function probe(call: ProbeCall): Promise<{ text: string; exitCode: number }> {
  const loaded = loadConfig({
    configPath: call.options.config,
    envFilePath: call.options.envFile,
    environment: call.environment,
  });
  const probed = await probeEndpoints(loaded, endpointsOf(loaded.config, call.wanted), {
    ...call,
    style: call.options.style,
  });
  // An interrupted probe proves nothing about its endpoint.
  if (call.signal.aborted)
    return {
      text: translator(loaded.config.ui.language)('probe.interrupted'),
      exitCode: EXIT.failure,
    };
  const exitCode = probed.every(({ verdict }) => verdict.status === 'ok') ? EXIT.ok : EXIT.failure;
  const text =
    call.options.json === true ? JSON.stringify(probed, null, 2) : render(probed, loaded.config);
  return { text, exitCode };
}

/** Probes as many in parallel as a prober; CLIs start one after another, because a start keeps a CPU busy. */
export async function probeEndpoints(
  loaded: LoadedConfig,
  endpoints: readonly EndpointConfig[],
  { style: asked, progress, signal }: ProbeInvocation,
): Promise<readonly ProbedEndpoint[]> {
  const gate = createStartGate();
  const places = createStartGate(probesAtOnce());
  const say = translator(loaded.config.ui.language);
  let done = 0;
  progress(say('probe.probing', { count: endpoints.length }));
  return await Promise.all(
    endpoints.map(async (endpoint) => {
      const { target, style: configured } = targetOf(loaded, endpoint);
      const style = asked ?? realStyleOf(configured);
      const leave = await places.enter(signal);
      const report = await runProbe(style, target, { signal, gate }).finally(leave);
      const { verdict } = report;
      done += 1;
      const how = verdict.status === 'ok' ? say('probe.ok') : say(`failure.${verdict.failure}`);
      progress(`[${done}/${endpoints.length}] ${endpoint.name}: ${how}`);
      return {
        ...{ endpointId: endpoint.id, name: endpoint.name, groupName: endpoint.groupName, style },
        ...report,
        costUsd:
          costUsd(report.usage, cautiousPriceOf(target.model, loaded.config.prices)) *
          endpoint.usdFactor,
        ...(verdict.status === 'ok' ? {} : { advice: say(`advice.${verdict.failure}`) }),
      };
    }),
  );
}

function endpointsOf(config: Config, wanted: string | undefined): readonly EndpointConfig[] {
  if (wanted === undefined) return config.endpoints;
  const found = config.endpoints.filter(
    ({ id, name }) => id === wanted || name.toLowerCase() === wanted.toLowerCase(),
  );
  if (found.length > 0) return found;
  const known = config.endpoints.map(({ name }) => name).join(', ');
  throw new ZephyrError('USAGE', phrase`there is no endpoint named ${wanted}`, {
    advice: [phrase`known endpoints: ${known}`],
  });
}

function render(probed: readonly ProbedEndpoint[], { ui }: Config): string {
  const say = translator(ui.language);
  const numbers = numbersOf(ui.language);
  const rows = probed.map(({ name, groupName, style, verdict, wallMs, usage, costUsd: usd }) => {
    const isOk = verdict.status === 'ok';
    const firstByteMs = isOk ? verdict.firstByteMs : undefined;
    return [
      name,
      groupName,
      style,
      isOk ? say('probe.ok') : say(`failure.${verdict.failure}`),
      isOk ? numbers.latency(verdict.latencyMs) : '',
      firstByteMs === undefined ? '' : numbers.latency(firstByteMs),
      numbers.latency(wallMs),
      `${usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens}/${usage.outputTokens}`,
      numbers.usd(usd),
    ];
  });
  const head = (['group', 'style', 'verdict', 'latency', 'firstByte', 'total'] as const).map(
    (column) => say(`probe.column.${column}`),
  );
  const table = renderTable(
    [say('column.endpoint'), ...head, say('cost.tokens'), say('probe.column.cost')],
    rows,
  );
  const troubles = probed.flatMap(({ name, groupName, verdict, advice = '' }) =>
    verdict.status === 'ok'
      ? []
      : [`${probeTroubleText({ name, groupName, verdict }, say)}\n  → ${advice}`],
  );
  return [table, ...troubles].join('\n\n');
}

interface FailedProbe {
  readonly name: string;
  readonly groupName: string;
  readonly verdict: Extract<ProbeVerdict, { status: 'failed' }>;
}

/** What went wrong; the endpoint's own answer if that is more specific. */
export function probeTroubleText(
  { name, groupName, verdict }: FailedProbe,
  say: Translate,
): string {
  return verdict.failure === 'token_refused'
    ? `${say('status.cause.token', { name, group: groupName })} ${verdict.detail}`
    : `${name}: ${verdict.detail}`;
}
