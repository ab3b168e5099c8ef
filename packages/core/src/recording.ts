import type { Decision } from './decision.ts';
import type { Input, WorldEvent } from './events.ts';
import type { Policy } from './policy.ts';
import { reduce } from './reduce.ts';
import type { World } from './world.ts';

/**
 * What the core heard from some moment on. As a file: JSON lines, the first
 * `{"format":"zephyr-recording","version":1,"world":…}`, each other one an `Input`, in order.
 */
export interface Recording {
  readonly world: World;
  readonly inputs: readonly Input[];
}

const FORMAT = 'zephyr-recording';
const VERSION = 1;

const EVENT_KINDS: Readonly<Record<WorldEvent['kind'], true>> = {
  probe: true,
  outcomes: true,
  presence: true,
  proxy_gone: true,
  command: true,
  config: true,
  tick: true,
};

export function formatRecording({ world, inputs }: Recording): string {
  const head = { format: FORMAT, version: VERSION, world };
  return [head, ...inputs].map((line) => `${JSON.stringify(line)}\n`).join('');
}

export type ParsedRecording =
  | { readonly status: 'ok'; readonly recording: Recording }
  /** @property line counted from 1. */
  | { readonly status: 'refused'; readonly line: number; readonly why: string };

/** Reads a file that `formatRecording` made; a last line that is cut off is refused as well. */
export function parseRecording(text: string): ParsedRecording {
  const [head, ...rest] = text.split('\n').filter((line) => line.trim() !== '');
  const start = parseLine(head ?? '');
  if (!isHead(start)) {
    return { status: 'refused', line: 1, why: `expected a ${FORMAT} of version ${VERSION}` };
  }
  const inputs: Input[] = [];
  for (const [index, line] of rest.entries()) {
    const input = parseLine(line);
    if (!isInput(input)) {
      return { status: 'refused', line: index + 2, why: 'expected {"atMs":…,"event":{"kind":…}}' };
    }
    inputs.push(input);
  }
  return { status: 'ok', recording: { world: start.world, inputs } };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is { readonly world: World } {
  return (
    isObject(value) &&
    value['format'] === FORMAT &&
    value['version'] === VERSION &&
    isObject(value['world'])
  );
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
  readonly world: World;
  readonly decisions: readonly Decision[];
}

/** What the core would have decided under this policy, had it heard the same. */
export function replayRecording({ world, inputs }: Recording, policy: Policy): Replayed {
  let next = world;
  const decisions: Decision[] = [];
  for (const input of inputs) {
    const step = reduce(next, input, policy);
    next = step.next;
    for (const effect of step.effects) {
      if (effect.kind === 'record') decisions.push(effect.decision);
    }
  }
  return { world: next, decisions };
}

/** A decision in both runs, or in only one of them. */
export interface ComparedDecision {
  readonly status: 'both' | 'only_first' | 'only_second';
  readonly decision: Decision;
}

/** Both runs' decisions in the order of time; alike are those of one moment with one outcome. */
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
