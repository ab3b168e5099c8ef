/** What is wrong with files of certificates and keys, before anything is connected by them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { DAY_MS } from '@zephyr/contract/units';

import { messageOf } from '../errors.ts';
import { type Phrase, phrase } from '../phrase.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** @returns What is wrong with a PEM file of certificates; undefined where nothing is. */
export function problemOfCertificates(pem: string): Phrase | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  if (begun.length === 0) return phrase`which has no certificate in PEM form`;
  // While somebody writes it: without its last ones it would be valid too, and mean something else.
  if (begun.length > blocks.length) return phrase`whose last certificate has no end`;
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return phrase`whose certificates cannot be read`;
  }
}

/** @returns What is wrong with a PEM file of a private key; undefined where nothing is. */
export function problemOfKey(pem: string): Phrase | undefined {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return phrase`which has no private key in PEM form`;
  try {
    createPrivateKey(pem);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(pem)
      ? phrase`whose key is encrypted; Zephyr has no passphrase for it`
      : phrase`whose key cannot be read`;
  }
}

/** Both are without problems by themselves. */
export function areMatching(certificatePem: string, keyPem: string): boolean {
  return firstOf(certificatePem)?.checkPrivateKey(createPrivateKey(keyPem)) === true;
}

/**
 * Also of a pair that matches: OpenSSL does not serve with keys that are too short, or with issuers that have
 * such. @returns undefined where nothing is wrong
 */
export function problemOfPair(certificatePem: string, keyPem: string): Phrase | undefined {
  try {
    createSecureContext({ cert: certificatePem, key: keyPem });
    return undefined;
  } catch (error) {
    return phrase`with which TLS is not possible: ${messageOf(error).split(':').at(-1) ?? ''}`;
  }
}

/** When the first certificate of a file ends, in milliseconds since the epoch. */
export function endsAtMs(certificatePem: string): number | undefined {
  const end = firstOf(certificatePem)?.validTo;
  return end === undefined ? undefined : Date.parse(end);
}

/** Longer than who renews automatically waits. */
const SOON_MS = 14 * DAY_MS;

/** The day on which the first certificate ends, where that is past or near; undefined otherwise. */
export function endsSoonOn(certificatePem: string, nowMs: number): string | undefined {
  const atMs = endsAtMs(certificatePem);
  if (atMs === undefined || atMs - nowMs > SOON_MS) return undefined;
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The name to call its holder by; undefined where it has only addresses or patterns. */
export function nameIn(certificatePem: string): string | undefined {
  return /(?:^|, )DNS:([A-Za-z0-9][A-Za-z0-9.-]*)/.exec(
    firstOf(certificatePem)?.subjectAltName ?? '',
  )?.[1];
}

function firstOf(pem: string): X509Certificate | undefined {
  const [first] = pem.match(BLOCK) ?? [];
  return first === undefined ? undefined : new X509Certificate(first);
}
