import type { UsageFigures, UsageLine } from '@zephyr/contract/usage/usage';

export const NOTHING: UsageFigures = {
  requests: 0,
  failed: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  cache_write_1h_tokens: 0,
  cost_usd: 0,
  unpriced: 0,
  incomplete: 0,
  possibly_billed_twice: 0,
};
export const line = (known: Partial<UsageLine>): UsageLine => ({
  ...NOTHING,
  ...{ person: null, endpoint: null, model: null, day: null, hour: null },
  ...known,
});
