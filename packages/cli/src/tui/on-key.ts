/** What each key does: the next model, and the command to send. Pure. */
import type { ApiState } from '@zephyr/contract/api/api-state';

import {
  chosenOf,
  endpointRows,
  type Key,
  type Model,
  type TuiCommand,
  type Update,
  withNote,
} from './model.ts';

export function onKey(model: Model, key: Key, clockMs: number): Update {
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
      const name = state.mode.kind === 'auto' ? 'pin' : 'unpin';
      return ordered(model, { kind: 'command', name, body: {} }, clockMs);
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
  return ordered(model, { kind: 'command', name: 'pin', body: { endpointId } }, clockMs);
}

function onPromptKey(model: Model, key: Key, clockMs: number): Update {
  const { prompt } = model;
  const closed: Model = { ...model, prompt: { status: 'none' } };
  if (prompt.status === 'help' || prompt.status === 'none') return { model: closed };
  const { endpointId } = prompt;
  if (key === 'escape' || key.toLowerCase() === 'q') return { model: closed };
  if (key !== 'enter') return { model };
  const body = prompt.status === 'go_manual' ? { endpointId } : { endpointId, force: true };
  return ordered(closed, { kind: 'command', name: 'pin', body }, clockMs);
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
