/**
 * `zephyr replay`: replays the decisions of a running system or of a recording: with the recorded settings,
 * which must give the same decisions, and with other settings, to show their effect.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import type { Decision } from '@zephyr/contract/decide/decision';
import {
  type ComparedDecision,
  compareDecisions,
  type Policy,
  parseRecording,
  type Recording,
  replayRecording,
} from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { policyOf } from '@zephyr/runtime/config/derived/policy-of-config';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import { localeOfFile } from '@zephyr/runtime/config/read/locale';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/secrets/run-token-command';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, isMissingFile, messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { decisionText, languageOf, numbersOf, type Situation, translator } from '@zephyr/texts';
import { type AdminOptions, type AdminSession, openSession } from '../../admin/admin-session.ts';
import { renderTable } from '../../output/table.ts';
import { withSetting } from './policy-override.ts';

export interface ReplayOptions extends AdminOptions {
  /** Read the recording from this file instead of the controller. */
  readonly file?: string;
  /** Path to save the recording to. */
  readonly save?: string;
  /** Number of the first decision to show. */
  readonly from?: number;
  /** `<setting>=<value>`, see `withSetting`. */
  readonly set?: readonly string[];
}

export interface ReplayCall {
  readonly options: ReplayOptions;
  readonly environment: Environment;
  /** Whether `--config` was given; then its settings are the ones to compare with. */
  readonly hasOtherConfig: boolean;
}

export interface ReplayAnswer {
  readonly text: string;
  /** `EXIT.failure` if the same settings do not give the same decisions. */
  readonly exitCode: number;
}

/** @throws ZephyrError if there is no recording or it cannot be read */
export async function replay(call: ReplayCall): Promise<ReplayAnswer> {
  const { options } = call;
  const source = await openSource(call);
  if (options.save !== undefined) writeFileSync(options.save, source.recordingText);
  const recording = parsed(source);
  const whole = resultOf(recording, otherPolicy(call));
  const result = options.from === undefined ? whole : resultFrom(options.from, whole, source);
  const text =
    options.json === true
      ? JSON.stringify(result, null, 2)
      : [...summary(result, call, source), '', ...table(result, source)].join('\n').trimEnd();
  return { text, exitCode: result.isExact ? EXIT.ok : EXIT.failure };
}

interface Source extends Pick<AdminSession, 'say' | 'numbers'> {
  readonly recordingText: string;
  /** The names of the endpoints; a file has only their ids. */
  readonly names: Pick<Situation, 'endpoints'>;
}

async function openSource({ options, environment }: ReplayCall): Promise<Source> {
  if (options.file === undefined) {
    const { client, say, numbers } = openSession(options, environment);
    const names = await client.state();
    return { say, numbers, names, recordingText: await client.recording() };
  }
  const language = options.language ?? languageOf(localeOfFile(options.config, environment));
  const [say, numbers] = [translator(language), numbersOf(language)];
  return { say, numbers, names: { endpoints: [] }, recordingText: readText(options.file) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = isMissingFile(cause) ? phrase`this file does not exist` : messageOf(cause);
    throw new ZephyrError('USAGE', phrase`--file ${path}: ${why}`, {
      cause,
      advice: [phrase`to save a recording of the running system: zephyr replay --save ${path}`],
    });
  }
}

function parsed({ recordingText, say }: Source): Recording {
  if (recordingText.trim() === '') throw new ZephyrError('NO_RECORDING', say('replay.empty'));
  const read = parseRecording(recordingText);
  if (read.status === 'ok') return read.recording;
  throw new ZephyrError('BAD_RECORDING', say('replay.rejected', { line: read.line }), {
    advice: [read.why],
  });
}

/** Undefined if no other settings were given. */
function otherPolicy({
  options,
  environment,
  hasOtherConfig,
}: ReplayCall): ((recorded: Policy) => Policy) | undefined {
  if (!hasOtherConfig && options.set === undefined) return undefined;
  const configured = hasOtherConfig
    ? policyOf(
        loadConfig(
          { configPath: options.config, envFilePath: options.envFile, environment },
          { readToken: UNREAD_TOKENS },
        ).config,
      )
    : undefined;
  return (recorded) => (options.set ?? []).reduce(withSetting, configured ?? recorded);
}

interface ReplayResult {
  readonly fromAtMs: number;
  readonly toAtMs: number;
  readonly inputs: number;
  readonly recorded: readonly Decision[];
  /** Whether the recorded settings reproduced the recorded decisions. */
  readonly isExact: boolean;
  /** With the other settings, or with the recorded ones if there are no others. */
  readonly replayed: readonly Decision[];
  readonly compared: readonly ComparedDecision[];
}

function resultOf(
  recording: Recording,
  other: ((recorded: Policy) => Policy) | undefined,
): ReplayResult {
  const inputs = recording.segments.flatMap((segment) => segment.inputs);
  const recorded = recording.segments.flatMap((segment) => segment.decisions);
  const again = asStored(replayRecording(recording).decisions);
  const replayed =
    other === undefined ? again : asStored(replayRecording(recording, other).decisions);
  return {
    fromAtMs: inputs[0]?.atMs ?? 0,
    toAtMs: inputs.at(-1)?.atMs ?? 0,
    inputs: inputs.length,
    recorded,
    isExact: isDeepStrictEqual(again, recorded),
    replayed,
    compared: compareDecisions(recorded, replayed),
  };
}

/** The part from a given decision; the whole recording is replayed to get there. */
function resultFrom(number: number, result: ReplayResult, { say }: Source): ReplayResult {
  const first = result.recorded.find((decision) => decision.number === number);
  if (first === undefined) {
    const known = result.recorded[0]?.number;
    throw new ZephyrError('NO_RECORDING', say('replay.notRecorded', { number }), {
      advice: known === undefined ? [] : [say('replay.recordedFrom', { number: known })],
    });
  }
  const { recorded, replayed, compared } = result;
  const begin = compared.findIndex(
    ({ status, decision }) => status !== 'only_second' && decision.number === number,
  );
  return {
    ...result,
    fromAtMs: first.atMs,
    recorded: recorded.filter((decision) => decision.number >= number),
    replayed: replayed.filter(({ atMs }) => atMs >= first.atMs),
    compared: compared.slice(begin),
  };
}

/** After a round trip through JSON, which drops undefined fields. */
function asStored(decisions: readonly Decision[]): readonly Decision[] {
  return JSON.parse(JSON.stringify(decisions)) as readonly Decision[];
}

function summary(
  result: ReplayResult,
  { options, hasOtherConfig }: ReplayCall,
  { say, numbers }: Source,
): readonly string[] {
  const { fromAtMs, toAtMs, recorded, replayed, compared } = result;
  const lines = [
    say('replay.recorded', {
      count: recorded.length,
      from: numbers.time(fromAtMs, toAtMs),
      to: numbers.time(toAtMs, systemClock.epochMs()),
      inputs: result.inputs,
    }),
    result.isExact ? say('replay.exact') : say('replay.different'),
  ];
  const others = [...(hasOtherConfig ? [options.config] : []), ...(options.set ?? [])];
  if (others.length === 0) return lines;
  const same = compared.filter(({ status }) => status === 'both').length;
  const values = { settings: others.join(', '), count: replayed.length, same };
  return [...lines, say('replay.other', values)];
}

function table({ compared }: ReplayResult, { say, numbers, names }: Source): readonly string[] {
  if (compared.length === 0) return [];
  const newestMs = compared.at(-1)?.decision.atMs ?? 0;
  const rows = compared.map(({ status, decision }) => {
    const text = decisionText(decision, names, { say, numbers });
    return [
      numbers.time(decision.atMs, newestMs),
      status === 'only_second' ? '–' : text,
      status === 'both' ? say('replay.same') : status === 'only_second' ? text : '–',
      decision.gain === undefined ? '' : numbers.latency(decision.gain.gainMs),
    ];
  });
  const head = [
    say('replay.column.time'),
    say('replay.column.recorded'),
    say('replay.column.replayed'),
    say('replay.column.gain'),
  ];
  return [renderTable(head, rows)];
}
