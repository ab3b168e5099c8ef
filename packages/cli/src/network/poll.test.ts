import { MINUTE_MS } from '@zephyr/contract/units';
import { expect, it, vi } from 'vitest';

import { poll } from './poll.ts';

it('looks until there is something', async () => {
  const look = vi.fn<() => string | undefined>();
  look.mockReturnValueOnce(undefined).mockReturnValueOnce(undefined).mockReturnValue('there');
  expect(await poll(look, { intervalMs: 1, timeoutMs: MINUTE_MS })).toBe('there');
  expect(look).toHaveBeenCalledTimes(3);
});

it('looks once if there is no time', async () => {
  const look = vi.fn(async () => undefined);
  expect(await poll(look, { intervalMs: MINUTE_MS, timeoutMs: 0 })).toBeUndefined();
  expect(look).toHaveBeenCalledTimes(1);
});
