/** The terminal dashboard's reducer: `update(model, message)`. Pure. */
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';

import { type Message, type Model, type TuiLink, type Update, withNote } from './model.ts';
import { onKey } from './on-key.ts';

/** More than the widest terminal shows. */
const MAX_SAMPLES = 120;
const MAX_LOG = 100;

/** @param clockMs this machine's clock */
export function update(model: Model, message: Message, clockMs: number): Update {
  switch (message.kind) {
    case 'state': {
      const { state } = message;
      const link: TuiLink = { status: 'live', lastAtMs: clockMs };
      const offsetMs = state.atMs - clockMs;
      const note = noteAt(model, clockMs);
      return { model: { ...model, state, link, offsetMs, note, epochMs: state.atMs } };
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
      const epochMs = clockMs + model.offsetMs;
      return { model: { ...model, epochMs, note: noteAt(model, clockMs) } };
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
