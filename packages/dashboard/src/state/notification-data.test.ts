import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify/notify-timing';
import { describe, expect, it } from 'vitest';

import { notifyAbout, type ShownByTag, showStep } from './notification-data.ts';

const entry = (
  id: number,
  notice: Extract<ApiLogEntry, { kind: 'notice' }>['notice'],
): ApiLogEntry => ({
  ...{ id: `${id}-0`, atMs: id, kind: 'notice', severity: 'info', notice },
});
const down = { code: 'endpoint_unhealthy', endpointId: 'one', failure: 'tls', detail: '' } as const;
const up = { code: 'endpoint_healthy', endpointId: 'one' } as const;
const other = {
  code: 'endpoint_unhealthy',
  endpointId: 'two',
  failure: 'tls',
  detail: '',
} as const;

describe('notifyAbout', () => {
  it.each([
    ['a failure', entry(2, down), [], 'endpoint_down'],
    ['a first probe that passes', entry(2, up), [entry(1, other)], undefined],
    ['what is up again', entry(3, up), [entry(2, other), entry(1, down)], 'endpoint_up'],
    ['what was up', entry(3, up), [entry(2, up), entry(1, down)], undefined],
    [
      'what concerns nobody',
      entry(1, { code: 'token_accepted', endpointId: 'one' }),
      [],
      undefined,
    ],
    ['a leader', { id: '1-0', atMs: 1, kind: 'leader', instanceId: 'a', epoch: 1 }, [], undefined],
  ] as const)('of %s', (_, given, earlier, event) => {
    expect(notifyAbout(given, earlier)?.event).toBe(event);
  });
});

describe('showStep', () => {
  const aboutDown = { event: 'endpoint_down', subject: 'one' } as const;
  const aboutUp = { event: 'endpoint_up', subject: 'one' } as const;
  const step = (
    id: string,
    atMs: number,
    about: typeof aboutDown | typeof aboutUp,
    s: ShownByTag,
  ) => showStep({ id, atMs }, about, s);

  it('shows an entry in only one tab, even if that tab has seen later ones', () => {
    const first = step('900-1', 900, aboutDown, {});
    expect(first).toMatchObject({ isAlert: true });
    expect(step('900-1', 900, aboutDown, first?.shown ?? {})).toBeUndefined();
    expect(step('900-2', 900, aboutDown, first?.shown ?? {})).toBeDefined();
    // Compare as numbers: as text, 900 comes after 1000.
    const later = step('1000-0', 1000, aboutDown, first?.shown ?? {});
    expect(later).toBeDefined();
    expect(step('950-0', 950, aboutDown, later?.shown ?? {})).toBeUndefined();
  });

  it('replaces an outdated notification, with an alert', () => {
    const first = step('1-0', 1, aboutDown, {});
    const second = step('2-0', 2, aboutUp, first?.shown ?? {});
    expect(second).toMatchObject({ tag: first?.tag, isAlert: true });
  });

  it('alerts about the same only after ten minutes, and stays up to date meanwhile', () => {
    let shown = step('1-0', 0, aboutDown, {})?.shown ?? {};
    const again = step('2-0', REPEAT_AFTER_MS - 1, aboutDown, shown);
    expect(again?.isAlert).toBe(false);
    shown = again?.shown ?? {};
    expect(step('3-0', REPEAT_AFTER_MS, aboutDown, shown)?.isAlert).toBe(true);
  });

  it('forgets old entries', () => {
    const shown = step('1-0', 0, aboutDown, {})?.shown ?? {};
    const next = showStep(
      { id: '2-0', atMs: REPEAT_AFTER_MS },
      { event: 'all_down', subject: '' },
      shown,
    );
    expect(Object.keys(next?.shown ?? {})).toHaveLength(1);
  });
});
