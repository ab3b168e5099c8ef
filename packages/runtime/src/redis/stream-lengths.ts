/**
 * About how many entries each stream keeps (`MAXLEN ~`). Those with names that people choose are bounded in
 * bytes too: see `boundStreams`.
 */
export const STREAM_LENGTHS = {
  /** One for each second or so, of about 1 kB: the last two hours. Fewer where they are larger. */
  inputs: 7_200,
  /** A decision with its inputs is about 2 kB: 10 MB. */
  decisions: 5_000,
  log: 5_000,
  /** People act rarely, and want to look back far. */
  audit: 20_000,
  /** Some hours of reports; the controller reads them within seconds. */
  outcomes: 20_000,
  /** A minute or two of a large team; who starts reads the last ones, the others read each second. */
  sessions: 1_000,
  /** Of some 600 bytes each. */
  requests: 10_000,
  /** About a day of ten endpoints at the shortest usual interval of 30 s, some 10 MB. */
  probes: 30_000,
} as const;
