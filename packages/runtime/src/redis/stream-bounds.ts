import { STORED_INPUTS_HOURS, STORED_REQUESTS } from '@zephyr/contract/history/history-size';
import { HOUR_S, MIB } from '@zephyr/contract/units';

/**
 * Approximate length of each stream (`MAXLEN ~`). Streams with user-chosen names are bounded in bytes too:
 * `STREAM_BYTES`.
 */
export const STREAM_LENGTHS = {
  /** About one a second, of about 1 kB. */
  inputs: STORED_INPUTS_HOURS * HOUR_S,
  /** A decision with its inputs is about 2 kB: 10 MB. */
  decisions: 5_000,
  log: 5_000,
  /** Operators act rarely, and want to look far back. */
  audit: 20_000,
  /** A few hours of reports; the controller reads them within seconds. */
  outcomes: 20_000,
  /** A minute or two of a large team; a starting proxy reads the last ones, the others read every second. */
  sessions: 1_000,
  requests: STORED_REQUESTS,
  /** About a day of ten endpoints at the shortest usual interval of 30 s, about 10 MB. */
  probes: 30_000,
} as const;

/** In the memory of Redis; enforced by `boundStreams`. */
export const STREAM_BYTES = {
  /** An hour of ten proxies is about 4 MiB. */
  outcomes: 16 * MIB,
  /** Also in the memory of a proxy, which reads without a script. */
  sessions: 4 * MIB,
  /** 10,000 requests take about 10 MiB. */
  requests: 32 * MIB,
} as const;
