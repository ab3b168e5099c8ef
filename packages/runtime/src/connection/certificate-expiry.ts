/** When certificates expire, and when people are warned. */
import { DAY_MS } from '@zephyr/contract/units';

import { firstCertificateOf } from './tls-files.ts';

/** Expiry of the first certificate in a file, in milliseconds since the epoch. */
export function endsAtMs(certificatePem: string): number | undefined {
  const end = firstCertificateOf(certificatePem)?.validTo;
  return end === undefined ? undefined : Date.parse(end);
}

/** Longer than automatic renewal waits. */
const SOON_MS = 14 * DAY_MS;

/** The expiry day of the first certificate if past or near; undefined otherwise. */
export function endsSoonOn(certificatePem: string, epochMs: number): string | undefined {
  const atMs = endsAtMs(certificatePem);
  if (atMs === undefined || atMs - epochMs > SOON_MS) return undefined;
  return new Date(atMs).toISOString().slice(0, 10);
}
