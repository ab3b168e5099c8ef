import type { CommandRecord } from '@zephyr/contract/operate/operator-command';
import { epochMs } from '@zephyr/core';
import { COMMAND_LIFE_MS } from '@zephyr/runtime/redis/command-stream';
import { describe, expect, it } from 'vitest';

import { auditsOf, sortCommands } from './translate-commands.ts';

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
});
