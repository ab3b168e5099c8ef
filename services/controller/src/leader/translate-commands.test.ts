import type { CommandRecord } from '@zephyr/contract/operate/operator-command';
import { type Effect, epochMs } from '@zephyr/core';
import { COMMAND_LIFE_MS } from '@zephyr/runtime/redis/command-stream';
import { describe, expect, it } from 'vitest';

import { loaded } from '../test-support/batches.ts';
import { auditsOf, reloadAudit, sortCommands } from './translate-commands.ts';

const NOW_MS = epochMs(1_000_000);

const isPerson = (name: string) => name === 'ann';

function given(name: CommandRecord['name'], body: CommandRecord['body'] = {}, agoMs = 0) {
  const atMs = NOW_MS - agoMs;
  return { id: `${atMs}-0`, atMs, value: { actor: 'token', name, body } };
}

it('keeps only the subject of an edit', () => {
  const { reloads, refused } = sortCommands(
    [given('add-endpoint', { name: 'Two', token: 'secret' })],
    NOW_MS,
    isPerson,
  );
  expect([reloads.length, refused.length]).toEqual([0, 1]);
});

describe('sortCommands', () => {
  it.each([
    ['probe', {}, { kind: 'probe' }],
    ['probe', { endpointId: 'one' }, { kind: 'probe', endpointId: 'one' }],
    ['pause', {}, { kind: 'pause' }],
    ['unpin', {}, { kind: 'unpin' }],
    ['pin', {}, { kind: 'pin' }],
    ['pin', { endpointId: 'one', force: true }, { kind: 'pin', endpointId: 'one', force: true }],
    ['enable', { endpointId: 'one' }, { kind: 'enable', endpointId: 'one' }],
    ['disable', { endpointId: 'one' }, { kind: 'disable', endpointId: 'one' }],
    ['move-sessions', { fromId: 'one' }, { kind: 'move-sessions', fromId: 'one' }],
    ['grant', { name: 'ann', usd: 5 }, { kind: 'grant', name: 'ann', usd: 5 }],
  ] as const)('gives %s %j to the core', (name, body, command) => {
    const { forCore } = sortCommands([given(name, body)], NOW_MS, isPerson);
    expect(forCore.map((sorted) => sorted.command)).toEqual([command]);
  });

  it('leaves reloads to the leader itself', () => {
    const edit = given('add-client', { name: 'ann' });
    const { forCore, reloads } = sortCommands([given('reload'), edit], NOW_MS, isPerson);
    expect(forCore).toEqual([]);
    expect(reloads).toHaveLength(2);
  });

  it('refuses a grant to a name that is not in the configuration', () => {
    const stranger = given('grant', { name: 'eve', usd: 5 });
    const { forCore, refused } = sortCommands([stranger], NOW_MS, isPerson);
    expect(forCore).toEqual([]);
    expect(refused).toMatchObject([{ outcome: { status: 'refused', code: 'unknown_person' } }]);
  });

  it('refuses a command read after its caller has timed out', () => {
    const late = given('pause', {}, COMMAND_LIFE_MS + 1);
    const { forCore, refused } = sortCommands([late, given('resume')], NOW_MS, isPerson);
    expect(forCore.map(({ command }) => command.kind)).toEqual(['resume']);
    expect(refused).toMatchObject([
      { commandId: late.id, outcome: { status: 'refused', code: 'timeout' } },
    ]);
  });
});

describe('auditsOf', () => {
  const { forCore } = sortCommands([given('pause')], NOW_MS, isPerson);
  const commandId = forCore[0]?.id ?? '';

  it('records the caller, the command and the outcome', () => {
    const outcome = { status: 'applied', previousMode: { kind: 'auto' }, affected: 0 } as const;
    expect(auditsOf([{ kind: 'answer', commandId, outcome }], forCore, NOW_MS)).toEqual([
      {
        commandId,
        actor: 'token',
        name: 'pause',
        body: {},
        outcome: {
          status: 'answered',
          answer: {
            ...{ command: 'pause', outcome: 'applied', atMs: NOW_MS },
            ...{ previousMode: { kind: 'auto' }, affected: 0 },
          },
        },
      },
    ]);
  });

  it('passes on why the core refused', () => {
    const outcome = { status: 'refused', why: 'last_endpoint' } as const;
    expect(auditsOf([{ kind: 'answer', commandId, outcome }], forCore, NOW_MS)).toMatchObject([
      { outcome: { status: 'refused', code: 'last_endpoint' } },
    ]);
  });

  it('records nothing for another effect, nor for a command that is not waiting', () => {
    const outcome = { status: 'applied', previousMode: { kind: 'auto' }, affected: 0 } as const;
    const effects = [
      { kind: 'answer', commandId: 'another', outcome },
      { kind: 'probe_now', endpointIds: [] },
    ] as unknown as readonly Effect[];
    expect(auditsOf(effects, forCore, NOW_MS)).toEqual([]);
  });
});

describe('reloadAudit', () => {
  const command = { id: '1-0', record: given('reload').value };
  const audit = (change: Parameters<typeof reloadAudit>[1]['change']) =>
    reloadAudit(command, { change, mode: { kind: 'auto' }, epochMs: NOW_MS });

  it('reports every problem of a rejected configuration', () => {
    expect(audit({ status: 'rejected', problems: ['one', 'two'] })).toEqual({
      ...{ commandId: '1-0', ...command.record },
      outcome: { status: 'refused', code: 'config_invalid', detail: 'one\ntwo' },
    });
  });

  it('reports how many endpoints the applied configuration has', () => {
    expect(audit({ status: 'applied', loaded })).toMatchObject({
      outcome: {
        status: 'answered',
        answer: { command: 'reload', outcome: 'applied', affected: 3 },
      },
    });
  });
});
