/** The table in docs/data-path.md of the proxy's time limits: defaults from their declarations, reasons from here. */
import { FIRST_BYTE_NUMBERS } from '@zephyr/core';

import { TOKEN_COUNT_TIMEOUT_MS } from '../../services/proxy/src/exchange/first-byte-timeout.ts';
import { configSections } from './config-documentation.ts';

const { minTimeoutMs, usualFactor, maxTimes, minTimes, unusualMs } = FIRST_BYTE_NUMBERS;
const seconds = (ms: number): string => `${ms / 1000} s`;

const REASONS: Readonly<Record<string, string>> = {
  connect_ms: 'DNS, TCP and TLS take well under a second, and the next endpoint is available',
  first_byte_ms: `the longest wait for the first event; ${seconds(TOKEN_COUNT_TIMEOUT_MS)} for a token count that another endpoint could give. While another endpoint can be tried within the retry budget, the wait follows what is usual: ${usualFactor} times the second slowest of the last ${maxTimes} answers of this endpoint to the same model family and prompt size, cached or not, but at least ${seconds(minTimeoutMs)}; ${seconds(unusualMs)} until ${minTimes} such answers are known`,
  first_byte_per_mib_ms:
    'the time to read a prompt grows with its length: 1 MiB is about 250,000 tokens',
  whole_answer_ms:
    'without streaming, the first byte comes with the whole answer; the client’s own limit is 300 to 600 s. If the endpoint is ejected after the request was sent, or fails again because it was silent to others, the request goes to another endpoint within a second, if one can be tried',
  gate_ms:
    'content follows `message_start` soon; if it is late, the client should at least see pings',
  idle_ms: 'just above the 300 s after which Claude Code itself gives up; pings count as activity',
  client_stall_ms:
    'a client that reads less than one buffer in a minute is gone or stopped; a request that waits behind an earlier answer on the same connection is exempt',
  total_ms: 'the longest turns take several minutes',
  headers_ms: 'the headers are small',
  request_ms: '32 MB take that long at 2 Mbit/s',
  keep_alive_ms: 'Claude Code reuses idle connections for its next turn',
  drain_delay_ms: 'only a load balancer needs time to notice',
  drain_ms: 'a long turn; the container’s grace period must be longer',
};

export function renderTimeoutsTable(): string {
  const keys = configSections().find(({ title }) => title === '[timeouts]')?.keys ?? [];
  const rows = keys.map(({ name, schema }) => {
    const reason = REASONS[name];
    if (reason === undefined) throw new Error(`no reason for the default of ${name}`);
    return `| \`${name}\` | ${Number(schema.default).toLocaleString('en')} | ${reason} |`;
  });
  return ['| key | default | reason |', '|---|---|---|', ...rows].join('\n');
}
