import { SILENCE_MS } from '@zephyr/contract/api/stream-timing';
import { describe, expect, it } from 'vitest';

import { type Link, lost, received, silent } from './connection-state.ts';

describe('the link', () => {
  const live = received(1_000);

  it('shows since when it is stale, however long that lasts', () => {
    expect(lost(live)).toEqual({ status: 'stale', lastAtMs: 1_000 });
    expect(lost(lost(live))).toEqual({ status: 'stale', lastAtMs: 1_000 });
  });

  it('becomes stale after silence', () => {
    expect(silent(live, 1_000 + SILENCE_MS)).toBe(live);
    expect(silent(live, 1_001 + SILENCE_MS).status).toBe('stale');
  });

  it('has failed when nothing was ever received', () => {
    expect(lost({ status: 'connecting' })).toEqual({ status: 'failed' });
  });

  it('waits for the token, whatever else fails', () => {
    const login: Link = { status: 'login' };
    expect(lost(login)).toBe(login);
  });
});
