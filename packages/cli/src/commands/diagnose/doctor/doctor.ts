/** `zephyr doctor`: checks everything that a running system needs. */

import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, explain } from '@zephyr/runtime/errors';
import {
  type Language,
  type Numbers,
  numbersOf,
  type Translate,
  templatesOf,
  translator,
} from '@zephyr/texts';

import { warningsOf } from '../../../launch/preflight/config-warnings.ts';
import { isElsewhere, startingServices } from '../../../network/service-location.ts';
import { probeEndpoints, probeTroubleText } from '../probe.ts';
import { type Finding, ok, renderFindings } from './finding.ts';
import { examineClock, examineConnections, examinePorts } from './network.ts';
import { examineCli, examineNode, examineToken } from './prerequisites.ts';
import { examineRedis } from './redis.ts';

export interface DoctorOptions {
  readonly config: string;
  readonly envFile: string;
  /** Skip the probes that spend tokens. */
  readonly free?: boolean;
  readonly json?: boolean;
}

export interface DoctorCall {
  readonly options: DoctorOptions;
  readonly environment: Environment;
  /** This run's, if the configuration cannot be loaded. */
  readonly language: Language;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** With `json`: `{ "ok", "findings": [{ area, status, text, advice? }], "notChecked": [text] }`. */
export async function doctor(call: DoctorCall): Promise<{ text: string; exitCode: number }> {
  const { findings, notChecked, say } = await examine(call);
  // An interrupted run proves nothing.
  if (call.signal.aborted) return { text: say('probe.interrupted'), exitCode: EXIT.failure };
  const failed = findings.filter(({ status }) => status === 'fail');
  const isWell = failed.length === 0;
  const exitCode = failed.some(({ area }) => area === 'config') ? EXIT.usage : EXIT.failure;
  return {
    text:
      call.options.json === true
        ? JSON.stringify({ ok: isWell, findings, notChecked }, null, 2)
        : [
            renderFindings(findings, say),
            ...notChecked.map((what) => say('doctor.notChecked', { what })),
          ].join('\n'),
    exitCode: isWell ? EXIT.ok : exitCode,
  };
}

interface Examined {
  readonly findings: readonly Finding[];
  readonly notChecked: readonly string[];
  /** In the configuration's language, or the terminal's if that cannot be read. */
  readonly say: Translate;
}

async function examine(call: DoctorCall): Promise<Examined> {
  const { options, environment } = call;
  const own = translator(call.language);
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig(
      { configPath: options.config, envFilePath: options.envFile, environment },
      { starting: startingServices(environment) },
    );
  } catch (error) {
    const config: Finding = {
      area: 'config',
      status: 'fail',
      text: explain(error, templatesOf(call.language)),
    };
    const findings = [examineNode(process.versions.node, own), config];
    return { findings, notChecked: [own('doctor.notChecked.rest')], say: own };
  }
  const { language } = loaded.config.ui;
  const speech = { say: translator(language), numbers: numbersOf(language) };
  const findings = [
    ...(await examineMachine(loaded, speech, call)),
    ...(await examineNetwork(loaded, speech, call)),
    ...(options.free === true ? [] : await examineEndpoints(loaded, speech, call)),
  ];
  const notChecked = [
    ...(isElsewhere(environment) ? (['port'] as const) : []),
    ...(options.free === true ? (['endpoint'] as const) : []),
  ].map((what) => speech.say(`doctor.notChecked.${what}`));
  return { findings, notChecked, say: speech.say };
}

interface DoctorSpeech {
  readonly say: Translate;
  readonly numbers: Numbers;
}

async function examineMachine(
  loaded: LoadedConfig,
  { say }: DoctorSpeech,
  { options, environment, progress }: DoctorCall,
): Promise<readonly Finding[]> {
  const { config, secrets } = loaded;
  const count = config.endpoints.length;
  const redis =
    config.redis.urlFrom === 'default'
      ? undefined
      : { url: config.redis.url, password: secrets.redisPassword?.reveal() };
  progress(say('doctor.machine'));
  return [
    examineNode(process.versions.node, say),
    ok('config', say('doctor.config', { path: options.config, count })),
    ...warningsOf(loaded, options.envFile, say).map(
      (text): Finding => ({ area: 'config', status: 'warn', text }),
    ),
    ...(await examineCli(loaded, environment['PATH'] ?? '', say)),
    ...[...secrets.groupTokens].map(([name, token]) => examineToken(name, token.reveal(), say)),
    ...(await examineRedis(redis, say)),
    ...(isElsewhere(environment) ? [] : await examinePorts(config, say)),
  ];
}

async function examineNetwork(
  loaded: LoadedConfig,
  speech: DoctorSpeech,
  { progress, signal }: DoctorCall,
): Promise<readonly Finding[]> {
  progress(speech.say('doctor.connections'));
  const connections = await examineConnections(loaded, speech, signal);
  return [...connections, ...(await examineClock(loaded, speech.say))];
}

async function examineEndpoints(
  loaded: LoadedConfig,
  { say, numbers }: DoctorSpeech,
  { progress, signal }: DoctorCall,
): Promise<readonly Finding[]> {
  const probed = await probeEndpoints(loaded, loaded.config.endpoints, { progress, signal });
  return probed.map(({ name, groupName, style, verdict, advice }) => {
    if (verdict.status === 'failed') {
      const text = probeTroubleText({ name, groupName, verdict }, say);
      return { area: 'endpoint', status: 'fail', text, advice };
    }
    const latency = numbers.latency(verdict.latencyMs);
    const about = { name, latency, style: say(`style.${style}`) };
    return ok('endpoint', say('doctor.endpoint', about));
  });
}
