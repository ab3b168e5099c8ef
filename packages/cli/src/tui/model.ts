/**
 * The terminal dashboard as a state machine: its states, messages and effects. `update` leads from one to the
 * next, `draw/` only draws them.
 */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type {
  CommandAnswer,
  CommandBody,
  CommandName,
} from '@zephyr/contract/operate/operator-command';
import type { Language } from '@zephyr/texts';

import type { StreamMessage } from '../admin/follow-stream.ts';

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
  readonly epochMs: number;
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

export type TuiCommand = {
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
    epochMs: 0,
    offsetMs: 0,
    samples: {},
    log: [],
    chosenId: null,
    prompt: { status: 'none' },
    note: null,
  };
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

/** With a note that is shown for a moment. */
export function withNote(model: Model, note: Note, clockMs: number): Model {
  return { ...model, note: { ...note, untilAtMs: clockMs + NOTE_MS } };
}
