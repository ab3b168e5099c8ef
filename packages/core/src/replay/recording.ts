import type { Decision } from '@zephyr/contract/decide/decision';
import type { Policy } from '../decide/policy.ts';
import { reduce } from '../decide/reduce.ts';
import type { Input, WorldEvent } from '../decide/world/inputs.ts';
import type { World } from '../decide/world/world.ts';
import { parsedJson } from '../parsed-json.ts';

/** The first line of a segment. */
export interface SegmentHead {
  /** Incremented with each segment. */
  readonly number: number;
  /** `world` is the final state of the previous segment: the same leader continued. */
  readonly isContinuation: boolean;
  /** The policy of these decisions. */
  readonly policy: Policy;
  /** The state before the first input. */
  readonly world: World;
}

/** The inputs of the core, in order, and its decisions. */
export interface SegmentBody {
  readonly inputs: readonly Input[];
  readonly decisions: readonly Decision[];
}

export type Segment = SegmentHead & SegmentBody;

/**
 * The inputs of the core from some moment on. A new segment begins with each leader, with each changed
 * configuration, and when the previous one is large enough, so that the oldest can be dropped.
 *
 * As a file: JSON lines. Each segment starts with `{"format":"zephyr-recording","version":8,
 * "number":…,"isContinuation":…,"policy":…,"world":…}`, followed by inputs `{"atMs":…,"event":…}` in
 * order and by the decisions that they led to, `{"decision":…}`.
 */
export interface Recording {
  readonly segments: readonly Segment[];
}

const FORMAT = 'zephyr-recording';
const VERSION = 8;

const EVENT_KINDS: Readonly<Record<WorldEvent['kind'], true>> = {
  probe: true,
  outcomes: true,
  presence: true,
  proxy_gone: true,
  command: true,
  config: true,
  tick: true,
};

export function formatRecording({ segments }: Recording): string {
  return segments.map((segment) => formatHead(segment) + formatBody(segment)).join('');
}

/** The first line of a segment. */
function formatHead({ number, isContinuation, policy, world }: SegmentHead): string {
  return line({ format: FORMAT, version: VERSION, number, isContinuation, policy, world });
}

/** The lines of one batch; a segment is its head and the lines of its batches. */
function formatBody({ inputs, decisions }: SegmentBody): string {
  return [...inputs, ...decisions.map((decision) => ({ decision }))].map(line).join('');
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

export type ParsedRecording =
  | { readonly status: 'ok'; readonly recording: Recording }
  /** @property line Counted from 1. */
  | { readonly status: 'rejected'; readonly line: number; readonly why: string };

type SegmentInProgress = SegmentHead & { readonly inputs: Input[]; readonly decisions: Decision[] };

/** Reads the output of `formatRecording`; a truncated last line is rejected too. */
export function parseRecording(text: string): ParsedRecording {
  const segments: SegmentInProgress[] = [];
  for (const [index, of] of text.trimEnd().split('\n').entries()) {
    const value = parsedJson(of);
    const segment = segments.at(-1);
    if (isHead(value)) {
      segments.push({ ...headOf(value), inputs: [], decisions: [] });
    } else if (segment === undefined) {
      const why = `expected a ${FORMAT} of version ${VERSION}`;
      return { status: 'rejected', line: index + 1, why };
    } else if (isInput(value)) {
      segment.inputs.push(value);
    } else if (isObject(value) && isObject(value['decision'])) {
      segment.decisions.push(value['decision'] as unknown as Decision);
    } else {
      const why = 'expected {"atMs":…,"event":{"kind":…}} or {"decision":…}';
      return { status: 'rejected', line: index + 1, why };
    }
  }
  return { status: 'ok', recording: { segments } };
}

function isHead(value: unknown): value is SegmentHead {
  return (
    isObject(value) &&
    value['format'] === FORMAT &&
    value['version'] === VERSION &&
    typeof value['number'] === 'number' &&
    isObject(value['policy']) &&
    isObject(value['world'])
  );
}

function headOf({ number, isContinuation, policy, world }: SegmentHead): SegmentHead {
  return { number, isContinuation, policy, world };
}

function isInput(value: unknown): value is Input {
  if (!isObject(value) || typeof value['atMs'] !== 'number') return false;
  const event = value['event'];
  return isObject(event) && typeof event['kind'] === 'string' && event['kind'] in EVENT_KINDS;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export interface Replayed {
  readonly world: World | undefined;
  readonly decisions: readonly Decision[];
}

/**
 * Runs the core on the recorded inputs.
 * @param policyFrom derives the policy from the recorded one; by default the same
 */
export function replayRecording(
  { segments }: Recording,
  policyFrom: (recorded: Policy) => Policy = (recorded) => recorded,
): Replayed {
  let world: World | undefined;
  const decisions: Decision[] = [];
  for (const [index, segment] of segments.entries()) {
    const isContinued =
      segment.isContinuation && segments[index - 1]?.number === segment.number - 1;
    // Under another policy the world has diverged from the recorded one: continue from it.
    let next = isContinued && world !== undefined ? world : segment.world;
    const policy = policyFrom(segment.policy);
    for (const input of segment.inputs) {
      const step = reduce(next, input, policy);
      next = step.next;
      for (const effect of step.effects) {
        if (effect.kind === 'record') decisions.push(effect.decision);
      }
    }
    world = next;
  }
  return { world, decisions };
}

/** A decision in both runs, or in only one of them. */
export interface ComparedDecision {
  readonly status: 'both' | 'only_first' | 'only_second';
  readonly decision: Decision;
}

/** The decisions of both runs in order of time; two are equal if time and outcome are. */
export function compareDecisions(
  first: readonly Decision[],
  second: readonly Decision[],
): readonly ComparedDecision[] {
  const inFirst = new Set(first.map(outcomeOf));
  const inSecond = new Set(second.map(outcomeOf));
  const compared: ComparedDecision[] = [
    ...first.map((decision) => ({
      status: inSecond.has(outcomeOf(decision)) ? ('both' as const) : ('only_first' as const),
      decision,
    })),
    ...second
      .filter((decision) => !inFirst.has(outcomeOf(decision)))
      .map((decision) => ({ status: 'only_second' as const, decision })),
  ];
  return compared.sort((a, b) => a.decision.atMs - b.decision.atMs);
}

function outcomeOf({ atMs, phase, reason, fromId, toId }: Decision): string {
  return JSON.stringify([atMs, phase, reason, fromId, toId]);
}
