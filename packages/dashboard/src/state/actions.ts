/**
 * The user's actions: a confirmation first if they are disruptive, then the result, and undo. Nothing is
 * shown as done before the controller confirms it.
 */

import { signal } from '@preact/signals';
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type {
  CommandAnswer,
  CommandBody,
  CommandName,
} from '@zephyr/contract/operate/operator-command';
import type { ModeKind } from '@zephyr/contract/route/selection';
import { nameOf } from '@zephyr/texts/screens';

import type { ApiResult } from '../connection/api.ts';
import { send } from '../connection/send-command.ts';
import { speech } from '../language/language.ts';
import { state } from './store.ts';

export interface Question {
  readonly title: string;
  readonly details: readonly string[];
  readonly confirmLabel: string;
  readonly isDangerous: boolean;
  readonly onConfirm: () => void;
}

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly onUndo?: (() => void) | undefined;
}

const TOAST_MS = 8_000;

export const question = signal<Question | null>(null);
export const toasts = signal<readonly Toast[]>([]);
/** Commands in progress, `<name>:<endpoint id>`; their buttons are disabled. */
export const busy = signal<ReadonlySet<string>>(new Set());

let lastToastId = 0;

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function addToast(toast: Omit<Toast, 'id'>): void {
  lastToastId += 1;
  const id = lastToastId;
  toasts.value = [...toasts.value.slice(-2), { ...toast, id }];
  setTimeout(() => dismissToast(id), TOAST_MS);
}

interface Order<Name extends CommandName> {
  readonly name: Name;
  readonly body: CommandBody<Name>;
  readonly doneText: (answer: CommandAnswer) => string;
  readonly undo?: ((answer: CommandAnswer) => (() => void) | undefined) | undefined;
}

async function run<Name extends CommandName>(order: Order<Name>): Promise<void> {
  const key = actionKey(order.name, 'endpointId' in order.body ? order.body.endpointId : undefined);
  if (busy.value.has(key)) return;
  busy.value = new Set([...busy.value, key]);
  const result = await send(order.name, order.body);
  busy.value = new Set([...busy.value].filter((other) => other !== key));
  report(result, order);
}

export function actionKey(name: CommandName, endpointId?: string): string {
  return `${name}:${endpointId ?? ''}`;
}

function report<Name extends CommandName>(
  result: ApiResult<CommandAnswer>,
  order: Order<Name>,
): void {
  const { say } = speech.value;
  switch (result.status) {
    case 'done': {
      const { answer } = result;
      const isChanged = answer.outcome === 'applied';
      const text = isChanged ? order.doneText(answer) : say('done.unchanged');
      addToast({ kind: 'done', text, onUndo: isChanged ? order.undo?.(answer) : undefined });
      return;
    }
    case 'refused':
      addToast({
        kind: 'failed',
        text: say('failed.command', { why: say(`problem.${result.problem.code}`) }),
      });
      return;
    case 'unreachable':
      addToast({ kind: 'failed', text: say('failed.network') });
      return;
    default:
      result satisfies never;
  }
}

export function probeNow(endpointId?: string): void {
  const { say } = speech.value;
  void run({
    name: 'probe',
    body: endpointId === undefined ? {} : { endpointId },
    doneText: ({ affected }) => say('done.probe', { count: affected }),
  });
}

export function togglePause(): void {
  const { say } = speech.value;
  const isPaused = state.value?.automation.status === 'paused';
  const name = isPaused ? 'resume' : 'pause';
  void run({ name, body: {}, doneText: () => say(`done.${name}`) });
}

export function toggleMode(): void {
  setMode(state.value?.mode.kind === 'manual' ? 'auto' : 'manual');
}

export function setMode(mode: ModeKind): void {
  const { say } = speech.value;
  const current = state.value;
  if (current === null || current.mode.kind === mode) return;
  const { selection } = current;
  const name = selection.status === 'none' ? '' : nameOf(current, selection.activeId);
  void run({
    name: mode === 'auto' ? 'unpin' : 'pin',
    body: {},
    doneText: () => (mode === 'auto' ? say('done.unpin') : say('done.mode.manual', { name })),
    undo: undoMode,
  });
}

/** Restores the previous mode, with the endpoint that was pinned then. */
function undoMode({ previousMode }: CommandAnswer): () => void {
  return () => {
    if (previousMode.kind === 'auto') setMode('auto');
    else pin(previousMode.endpointId, true);
  };
}

function pin(endpointId: string, isForced: boolean): void {
  const { say } = speech.value;
  const name = state.value === null ? endpointId : nameOf(state.value, endpointId);
  void run({
    name: 'pin',
    body: isForced ? { endpointId, force: true } : { endpointId },
    doneText: () => say('done.pin', { name }),
    undo: undoMode,
  });
}

/** Asks first if it changes the mode or will probably fail. */
export function pinEndpoint(endpoint: ApiEndpoint): void {
  const { say } = speech.value;
  const { id, name, available } = endpoint;
  if (available && state.value?.mode.kind === 'manual') {
    pin(id, false);
    return;
  }
  const why = endpoint.unavailable.map((code) => say(`unavailable.${code}`)).join(', ');
  question.value = {
    title: say('confirm.pin', { name }),
    details: available
      ? [say('confirm.pin.detail', { name })]
      : [say('confirm.pin.unavailable', { name, why }), say('confirm.pin.detail', { name })],
    confirmLabel: say('action.pinOne', { name }),
    isDangerous: !available,
    onConfirm: () => pin(id, !available),
  };
}

export function enableEndpoint({ id, name }: ApiEndpoint): void {
  const { say } = speech.value;
  void run({
    name: 'enable',
    body: { endpointId: id },
    doneText: () => say('done.enable', { name }),
  });
}

export function disableEndpoint(endpoint: ApiEndpoint): void {
  const { say } = speech.value;
  const { id, name } = endpoint;
  const others = (state.value?.endpoints ?? [])
    .filter((other) => other.available && other.id !== id)
    .toSorted((left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity));
  const next = others[0];
  const details = [say('confirm.disable.detail')];
  if (next === undefined) details.unshift(say('confirm.disable.last'));
  else if (endpoint.rank === 0) {
    details.unshift(say('confirm.disable.active', { name: next.name }));
  }
  question.value = {
    title: say('confirm.disable', { name }),
    details,
    confirmLabel: say('action.disable'),
    isDangerous: true,
    onConfirm: () =>
      void run({
        name: 'disable',
        body: next === undefined ? { endpointId: id, force: true } : { endpointId: id },
        doneText: () => say('done.disable', { name }),
        undo: () => () => enableEndpoint(endpoint),
      }),
  };
}

export function moveSessions({ id, name, sessions }: ApiEndpoint): void {
  const { say } = speech.value;
  question.value = {
    title: say('confirm.move', { count: sessions, name }),
    details: [say('confirm.move.detail')],
    confirmLabel: say('action.move'),
    isDangerous: true,
    onConfirm: () =>
      void run({
        name: 'move-sessions',
        body: { fromId: id },
        doneText: ({ affected }) => say('done.move', { count: affected }),
      }),
  };
}

export function reloadConfiguration(): void {
  const { say } = speech.value;
  void run({ name: 'reload', body: {}, doneText: () => say('done.reload') });
}
