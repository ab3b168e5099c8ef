/** Checks certificate and key files before any connection uses them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { messageOf } from '../errors.ts';
import { type Phrase, phrase } from '../phrase.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** @returns the problem of a PEM certificate file; undefined if none */
export function problemOfCertificates(pem: string): Phrase | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  if (begun.length === 0) return phrase`which has no certificate in PEM form`;
  // Half written: without its last certificates it would be valid too, and mean something else.
  if (begun.length > blocks.length) return phrase`whose last certificate has no end`;
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return phrase`whose certificates cannot be read`;
  }
}

/** @returns the problem of a PEM private key file; undefined if none */
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

/** Both must be valid by themselves. */
export function isMatchingPair(certificatePem: string, keyPem: string): boolean {
  return firstCertificateOf(certificatePem)?.checkPrivateKey(createPrivateKey(keyPem)) === true;
}

/**
 * A matching pair may have one too: OpenSSL refuses to serve with keys that are too short, also of issuers.
 * @returns undefined if there is no problem
 */
export function problemOfPair(certificatePem: string, keyPem: string): Phrase | undefined {
  try {
    createSecureContext({ cert: certificatePem, key: keyPem });
    return undefined;
  } catch (error) {
    return phrase`which TLS rejects: ${messageOf(error).split(':').at(-1) ?? ''}`;
  }
}

/** A host name from the certificate; undefined if it has only addresses or wildcards. */
export function nameIn(certificatePem: string): string | undefined {
  return /(?:^|, )DNS:([A-Za-z0-9][A-Za-z0-9.-]*)/.exec(
    firstCertificateOf(certificatePem)?.subjectAltName ?? '',
  )?.[1];
}

/** The first certificate of a file. @throws if it cannot be read */
export function firstCertificateOf(pem: string): X509Certificate | undefined {
  const [first] = pem.match(BLOCK) ?? [];
  return first === undefined ? undefined : new X509Certificate(first);
}
