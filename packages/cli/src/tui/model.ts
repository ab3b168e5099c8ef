/**
 * The terminal dashboard as a state machine: `update(model, message)` returns the next model and an
 * effect. Pure; the view only draws the model.
 */
import type { ApiEndpoint } from '@zephyr/contract/api-endpoint';
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api-history';
import type { ApiState } from '@zephyr/contract/api-state';
import type { CommandAnswer, CommandBody, CommandName } from '@zephyr/contract/operator-command';
import type { Language } from '@zephyr/texts';

import type { StreamMessage } from '../admin/follow-stream.ts';

/** More than the widest terminal shows. */
const MAX_SAMPLES = 120;
const MAX_LOG = 100;
const NOTE_MS = 6_000;

export type TuiLink =
  | { readonly status: 'connecting' }
  | { readonly status: 'live'; readonly lastAtMs: number }
  | { readonly status: 'stale'; readonly lastAtMs: number }
  | { readonly status: 'failed'; readonly text: string };

/** A question that Enter or Esc answers. */
export type Prompt =
  | { readonly status: 'none' }
  | { readonly status: 'help' }
  | { readonly status: 'go_manual'; readonly endpointId: string }
  | { readonly status: 'use_unavailable'; readonly endpointId: string };

export type Note =
  | { readonly kind: 'busy' }
  | { readonly kind: 'done'; readonly command: CommandName; readonly answer: CommandAnswer }
  | { readonly kind: 'failed'; readonly text: string };

export interface Model {
  readonly url: string;
  readonly language: Language;
  readonly link: TuiLink;
  readonly state: ApiState | null;
  /** The controller's clock. */
  readonly nowMs: number;
  /** The controller's clock minus this machine's. */
  readonly offsetMs: number;
  readonly samples: Readonly<Record<string, readonly ApiSample[]>>;
  /** Newest first. */
  readonly log: readonly ApiLogEntry[];
  /** The selected row; the active endpoint until the user moves. */
  readonly chosenId: string | null;
  readonly prompt: Prompt;
  readonly note: (Note & { readonly untilAtMs: number }) | null;
}

export type Key = 'up' | 'down' | 'enter' | 'escape' | 'interrupt' | string;

export type Message =
  | StreamMessage
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'answered'; readonly command: CommandName; readonly answer: CommandAnswer }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'tick' };

export type TuiEffect = { readonly kind: 'quit' } | TuiCommand;

type TuiCommand = {
  [Name in CommandName]: {
    readonly kind: 'command';
    readonly name: Name;
    readonly body: CommandBody<Name>;
  };
}[CommandName];

export interface Update {
  readonly model: Model;
  readonly effect?: TuiEffect | undefined;
}

export function initialModel(url: string, language: Language): Model {
  return {
    url,
    language,
    link: { status: 'connecting' },
    state: null,
    nowMs: 0,
    offsetMs: 0,
    samples: {},
    log: [],
    chosenId: null,
    prompt: { status: 'none' },
    note: null,
  };
}

/** @param clockMs this machine's clock */
export function update(model: Model, message: Message, clockMs: number): Update {
  switch (message.kind) {
    case 'state': {
      const { state } = message;
      const link: TuiLink = { status: 'live', lastAtMs: clockMs };
      const offsetMs = state.atMs - clockMs;
      const note = noteAt(model, clockMs);
      return { model: { ...model, state, link, offsetMs, note, nowMs: state.atMs } };
    }
    case 'history':
      return { model: withHistory(model, message.history) };
    case 'sample':
      return { model: { ...model, samples: withSample(model.samples, message.sample) } };
    case 'log':
      return { model: { ...model, log: [message.entry, ...model.log].slice(0, MAX_LOG) } };
    case 'lost':
      return { model: { ...model, link: lost(model.link, message.error) } };
    case 'request':
      // Sent only to clients that request them; this one does not.
      return { model };
    case 'tick': {
      const nowMs = clockMs + model.offsetMs;
      return { model: { ...model, nowMs, note: noteAt(model, clockMs) } };
    }
    case 'answered': {
      const { command, answer } = message;
      return { model: withNote(model, { kind: 'done', command, answer }, clockMs) };
    }
    case 'refused':
      return { model: withNote(model, { kind: 'failed', text: message.text }, clockMs) };
    case 'key':
      return onKey(model, message.key, clockMs);
  }
}

/** The note, until it expires. */
function noteAt({ note }: Model, clockMs: number): Model['note'] {
  return note === null || note.untilAtMs <= clockMs ? null : note;
}

function withHistory(
  model: Model,
  history: { readonly samples: readonly ApiSample[]; readonly log: readonly ApiLogEntry[] },
): Model {
  return {
    ...model,
    samples: history.samples.reduce<Model['samples']>(withSample, {}),
    log: history.log.toReversed().slice(0, MAX_LOG),
  };
}

function withSample(samples: Model['samples'], sample: ApiSample): Model['samples'] {
  const former = samples[sample.endpointId] ?? [];
  return { ...samples, [sample.endpointId]: [...former, sample].slice(-MAX_SAMPLES) };
}

function lost(link: TuiLink, error: unknown): TuiLink {
  if (link.status === 'live' || link.status === 'stale') {
    return { status: 'stale', lastAtMs: link.lastAtMs };
  }
  return { status: 'failed', text: error instanceof Error ? error.message : '' };
}

function withNote(model: Model, note: Note, clockMs: number): Model {
  return { ...model, note: { ...note, untilAtMs: clockMs + NOTE_MS } };
}

/** Best first, as they are drawn. */
export function endpointRows(state: ApiState): readonly ApiEndpoint[] {
  return state.endpoints.toSorted(
    (left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity) || 0,
  );
}

export function chosenOf(model: Model): ApiEndpoint | undefined {
  if (model.state === null) return undefined;
  const rows = endpointRows(model.state);
  return rows.find(({ id }) => id === model.chosenId) ?? rows[0];
}

function onKey(model: Model, key: Key, clockMs: number): Update {
  if (key === 'interrupt') return { model, effect: { kind: 'quit' } };
  if (model.prompt.status !== 'none') return onPromptKey(model, key, clockMs);
  switch (key.toLowerCase()) {
    case 'q':
      return { model, effect: { kind: 'quit' } };
    case '?':
      return { model: { ...model, prompt: { status: 'help' } } };
    case 'l':
      return { model: { ...model, language: model.language === 'en' ? 'zh' : 'en' } };
    case 'up':
      return { model: moved(model, -1) };
    case 'down':
      return { model: moved(model, 1) };
    default:
      return model.state === null ? { model } : onActionKey(model, model.state, { key, clockMs });
  }
}

function onActionKey(
  model: Model,
  state: ApiState,
  { key, clockMs }: { readonly key: Key; readonly clockMs: number },
): Update {
  switch (key.toLowerCase()) {
    case 'r':
      return ordered(model, { kind: 'command', name: 'probe', body: {} }, clockMs);
    case 'p': {
      const name = state.automation.status === 'paused' ? 'resume' : 'pause';
      return ordered(model, { kind: 'command', name, body: {} }, clockMs);
    }
    case 'm': {
      const mode = state.mode.kind === 'auto' ? 'manual' : 'auto';
      return ordered(model, { kind: 'command', name: 'mode', body: { mode } }, clockMs);
    }
    case 'enter':
      return onEnter(model, state, clockMs);
    default:
      return { model };
  }
}

/** In manual mode Enter pins the endpoint; in automatic mode it asks before switching to manual. */
function onEnter(model: Model, state: ApiState, clockMs: number): Update {
  const chosen = chosenOf(model);
  if (chosen === undefined) return { model };
  const endpointId = chosen.id;
  if (!chosen.available) {
    return { model: { ...model, prompt: { status: 'use_unavailable', endpointId } } };
  }
  if (state.mode.kind === 'auto') {
    return { model: { ...model, prompt: { status: 'go_manual', endpointId } } };
  }
  return ordered(model, { kind: 'command', name: 'select', body: { endpointId } }, clockMs);
}

function onPromptKey(model: Model, key: Key, clockMs: number): Update {
  const { prompt } = model;
  const closed: Model = { ...model, prompt: { status: 'none' } };
  if (prompt.status === 'help' || prompt.status === 'none') return { model: closed };
  const { endpointId } = prompt;
  if (key === 'escape' || key.toLowerCase() === 'q') return { model: closed };
  if (key !== 'enter') return { model };
  const body = prompt.status === 'go_manual' ? { endpointId } : { endpointId, force: true };
  return ordered(closed, { kind: 'command', name: 'select', body }, clockMs);
}

function ordered(model: Model, effect: TuiCommand, clockMs: number): Update {
  return { model: withNote(model, { kind: 'busy' }, clockMs), effect };
}

function moved(model: Model, step: 1 | -1): Model {
  if (model.state === null) return model;
  const rows = endpointRows(model.state);
  const current = rows.findIndex(({ id }) => id === chosenOf(model)?.id);
  const next = rows[Math.min(rows.length - 1, Math.max(0, current + step))];
  return { ...model, chosenId: next?.id ?? null };
}
