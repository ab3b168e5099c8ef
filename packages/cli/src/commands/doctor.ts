/** `zephyr doctor`: why does it not work? Looks at everything that a running system needs. */
import type { LoadedConfig } from '@zephyr/runtime/config/load';
import { loadConfig } from '@zephyr/runtime/config/load';
import { EXIT, explain } from '@zephyr/runtime/errors';

import { type Finding, ok, renderFindings } from '../doctor/finding.ts';
import { examineClock, examinePorts, examineWays } from '../doctor/network.ts';
import { examineCli, examineNode, examineToken } from '../doctor/program.ts';
import { examineRedis } from '../doctor/redis.ts';
import type { Environment } from '../launch/state-folder.ts';
import { probeEndpoints } from './probe.ts';

export interface DoctorOptions {
  readonly config: string;
  readonly envFile: string;
  /** Leave out the checks that spend tokens. */
  readonly free?: boolean;
  readonly json?: boolean;
}

export interface DoctorCall {
  readonly options: DoctorOptions;
  readonly environment: Environment;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** With `json`: `{ "ok", "findings": [{ area, status, text, advice? }] }`. */
export async function doctor(call: DoctorCall): Promise<{ text: string; exitCode: number }> {
  const findings = await examine(call);
  // What was called off says nothing.
  if (call.signal.aborted) return { text: 'interrupted', exitCode: EXIT.failure };
  const failed = findings.filter(({ status }) => status === 'fail');
  const isWell = failed.length === 0;
  const exitCode = failed.some(({ area }) => area === 'config') ? EXIT.usage : EXIT.failure;
  return {
    text:
      call.options.json === true
        ? JSON.stringify({ ok: isWell, findings }, null, 2)
        : renderFindings(findings),
    exitCode: isWell ? EXIT.ok : exitCode,
  };
}

async function examine(call: DoctorCall): Promise<readonly Finding[]> {
  const { options, environment, progress, signal } = call;
  const node = examineNode(process.versions.node);
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig({
      configPath: options.config,
      envFilePath: options.envFile,
      environment,
    });
  } catch (error) {
    return [node, { area: 'config', status: 'fail', text: explain(error) }];
  }
  const { config, secrets } = loaded;
  const redis =
    config.redisUrlFrom === 'default'
      ? undefined
      : { url: config.redisUrl, password: secrets.redisPassword?.reveal() };
  progress('looking at this machine…');
  const machine = [
    node,
    ok('config', `${options.config}: ${config.endpoints.length} endpoints`),
    ...(await examineCli(loaded, environment['PATH'] ?? '')),
    ...[...secrets.groupTokens].map(([name, token]) => examineToken(name, token.reveal())),
    ...(await examineRedis(redis)),
    ...(await examinePorts(config)),
  ];
  progress('looking at the way to the endpoints…');
  const ways = [...(await examineWays(loaded, signal)), ...(await examineClock(config.endpoints))];
  const verdicts = options.free === true ? [] : await examineEndpoints(loaded, call);
  return [...machine, ...ways, ...verdicts];
}

async function examineEndpoints(
  loaded: LoadedConfig,
  { progress, signal }: DoctorCall,
): Promise<readonly Finding[]> {
  const probed = await probeEndpoints(loaded, loaded.config.endpoints, { progress, signal });
  return probed.map(({ name, style, verdict, advice }) =>
    verdict.status === 'ok'
      ? ok('endpoint', `${name}: answers in ${verdict.apiLatencyMs} ms (${style})`)
      : {
          area: 'endpoint',
          status: 'fail',
          text: `${name}: ${verdict.detail} (${style})`,
          advice,
        },
  );
}
