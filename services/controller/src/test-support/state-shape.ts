/** The shape of the leader's state as text: one line per field of a populated state. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { MODEL_FAMILIES } from '@zephyr/contract/route/session';

import { coreConfig } from './batches.ts';
import { ENDPOINT_IDS, LATENCY_CLASSES, leaderStates, PROXY_IDS } from './state-histories.ts';

export interface RecordedShape {
  /** The CHECKPOINT_VERSION that has this shape. */
  readonly version: number;
  /** `path: kind`, sorted. `*` is any key of a map, `[]` any member of a list, `{tag}` a variant. */
  readonly fields: readonly string[];
}

const FILE = fileURLToPath(new URL('leader-state.shape.json', import.meta.url));
const RECORD = 'node services/controller/src/test-support/record-state-shape.ts';

export function recordedShape(): RecordedShape {
  return JSON.parse(readFileSync(FILE, 'utf8')) as RecordedShape;
}

export function recordShape(shape: RecordedShape): void {
  writeFileSync(FILE, `${JSON.stringify(shape, null, 2)}\n`);
}

/** What to do if the shape differs from the recorded one; undefined if it does not. */
export function shapeProblem(recorded: RecordedShape, current: RecordedShape): string | undefined {
  const appeared = current.fields.filter((field) => !recorded.fields.includes(field));
  const gone = recorded.fields.filter((field) => !current.fields.includes(field));
  const isChanged = appeared.length + gone.length > 0;
  if (isChanged && recorded.version === current.version) {
    return [
      'The shape of LeaderState has changed, and stored checkpoints still have the old one:',
      ...appeared.map((field) => `  + ${field}`),
      ...gone.map((field) => `  - ${field}`),
      `Raise CHECKPOINT_VERSION in leader/leader-state.ts, then run: ${RECORD}`,
    ].join('\n');
  }
  if (!isChanged && recorded.version === current.version) return undefined;
  return `CHECKPOINT_VERSION ${current.version} has no recorded shape. Run: ${RECORD}`;
}

/** Fields of a state with everything a leader can store; takes some seconds. */
export function currentFields(): readonly string[] {
  const fields = new Set<string>();
  for (const state of leaderStates()) addFields(fields, '', state);
  return [...fields].sort();
}

/** Keys of maps, not field names. */
const MAP_KEYS: ReadonlySet<string> = new Set([
  ...ENDPOINT_IDS,
  ...PROXY_IDS,
  ...LATENCY_CLASSES,
  ...MODEL_FAMILIES,
  ...coreConfig.groups.map(({ name }) => name),
]);

function addFields(fields: Set<string>, path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined) fields.add(`${path}: ${value === null ? 'null' : typeof value}`);
    return;
  }
  const named = Array.isArray(value) ? `${path}[]` : path + tagOf(value);
  for (const [key, field] of Object.entries(value)) {
    if (Array.isArray(value)) addFields(fields, named, field);
    else addFields(fields, `${named}.${MAP_KEYS.has(key) ? '*' : key}`, field);
  }
}

/** The variant of a union. */
function tagOf(value: { readonly status?: unknown; readonly kind?: unknown }): string {
  const tag = value.status ?? value.kind;
  return typeof tag === 'string' ? `{${tag}}` : '';
}
