import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { CommandAnswer } from '@zephyr/contract/operate/operator-command';
import { describe, expect, it } from 'vitest';
import { sparkline } from './draw/sparkline.ts';
import { chosenOf, initialModel, type Message, type Model } from './model.ts';
import { keysOf } from './split-keys.ts';
import { update } from './update.ts';

const endpoint = (id: string, rank: number | null): ApiEndpoint =>
  ({ id, name: id.toUpperCase(), rank, enabled: true, available: rank !== null }) as ApiEndpoint;

const stateWith = (changes: Partial<ApiState>): ApiState =>
  ({
    atMs: 1_000,
    mode: { kind: 'auto' },
    automation: { status: 'running' },
    endpoints: [endpoint('down', null), endpoint('second', 1), endpoint('first', 0)],
    ...changes,
  }) as ApiState;

/** The model after these messages, and their effects. */
function after(messages: readonly Message[], from: Model = initialModel('http://x', 'en')) {
  let model = from;
  const effects = [];
  for (const message of messages) {
    const next = update(model, message, 5_000);
    model = next.model;
    if (next.effect !== undefined) effects.push(next.effect);
  }
  return { model, effects };
}

const key = (name: string): Message => ({ kind: 'key', key: name });
const auto: Message = { kind: 'state', state: stateWith({}) };
const manual: Message = {
  kind: 'state',
  state: stateWith({ mode: { kind: 'manual', endpointId: 'first' } }),
};
const pin = (endpointId: string, force = {}) => ({
  kind: 'command',
  name: 'pin',
  body: { endpointId, ...force },
});

describe('the terminal dashboard', () => {
  it.each([
    { name: 'q quits', keys: ['q'], effects: [{ kind: 'quit' }] },
    {
      name: 'Ctrl-C quits, whatever is asked',
      keys: ['?', 'interrupt'],
      effects: [{ kind: 'quit' }],
    },
    { name: 'r probes all', keys: ['R'], effects: [{ kind: 'command', name: 'probe', body: {} }] },
    { name: 'p pauses', keys: ['p'], effects: [{ kind: 'command', name: 'pause', body: {} }] },
    {
      name: 'm pins the active endpoint',
      keys: ['m'],
      effects: [{ kind: 'command', name: 'pin', body: {} }],
    },
    { name: 'Enter asks first in automatic mode', keys: ['enter'], effects: [] },
    { name: 'Enter twice pins', keys: ['down', 'enter', 'enter'], effects: [pin('second')] },
    { name: 'Esc leaves the question', keys: ['enter', 'escape', 'x'], effects: [] },
    {
      name: 'what is down is used only after a question, by force',
      keys: ['down', 'down', 'down', 'enter', 'enter'],
      effects: [pin('down', { force: true })],
    },
    { name: 'any key closes the help and does nothing else', keys: ['?', 'r'], effects: [] },
  ])('$name', ({ keys, effects }) => {
    expect(after([auto, ...keys.map(key)]).effects).toEqual(effects);
  });

  it('uses the selected endpoint immediately in manual mode', () => {
    expect(after([manual, key('down'), key('enter')]).effects).toEqual([pin('second')]);
  });

  it('resumes when probes are paused', () => {
    const automation = { status: 'paused' as const, sinceAtMs: 1 };
    const { effects } = after([{ kind: 'state', state: stateWith({ automation }) }, key('p')]);
    expect(effects).toEqual([{ kind: 'command', name: 'resume', body: {} }]);
  });

  it('does nothing but quit before the first state', () => {
    expect(after([key('r'), key('enter'), key('m'), key('down')]).effects).toEqual([]);
  });

  it('keeps the chosen row when the order changes', () => {
    const reordered = stateWith({ endpoints: [endpoint('second', 0), endpoint('first', 1)] });
    const { model } = after([auto, key('down'), { kind: 'state', state: reordered }]);
    expect(chosenOf(model)?.id).toBe('second');
  });

  it('counts time by the clock of the controller', () => {
    const { model } = after([auto, { kind: 'tick' }]);
    expect(model.epochMs).toBe(1_000);
  });

  it('shows since when it is stale, and why it was never live', () => {
    const lost: Message = { kind: 'lost', error: new Error('why') };
    expect(after([lost]).model.link).toEqual({ status: 'failed', text: 'why' });
    expect(after([auto, lost, lost]).model.link).toEqual({ status: 'stale', lastAtMs: 5_000 });
  });

  it('forgets an answer after a while', () => {
    const answer = { outcome: 'applied', affected: 1 } as CommandAnswer;
    const { model } = after([auto, { kind: 'answered', command: 'probe', answer }]);
    expect(model.note?.kind).toBe('done');
    expect(update(model, { kind: 'tick' }, 60_000).model.note).toBeNull();
  });
});

describe('keysOf', () => {
  it('loses no key that arrives together with others', () => {
    expect(keysOf('rp\rm', {})).toEqual(['r', 'p', 'enter', 'm']);
    expect(keysOf('c', { ctrl: true })).toEqual(['interrupt']);
  });
});

describe('sparkline', () => {
  it('has the same width, however many samples there are', () => {
    const ok = (latencyMs: number) => ({
      atMs: 1,
      endpointId: 'a',
      source: 'probe' as const,
      verdict: { status: 'ok' as const, latencyMs },
    });
    const failed = { ...ok(0), verdict: { status: 'failed' as const, failure: 'dns' as const } };
    expect(sparkline([ok(0), failed, ok(100)], 5, 100)).toBe('  ▁×█');
    expect(sparkline(Array(9).fill(ok(50)), 3, 100)).toBe('▅▅▅');
    expect(sparkline([], 4, 0)).toBe('    ');
  });
});
