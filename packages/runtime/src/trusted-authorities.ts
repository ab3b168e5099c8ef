/** Certificates of authorities that an endpoint's certificate may come from, besides the usual ones. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** @returns What is wrong with a PEM file of authorities; undefined where nothing is. */
export function problemOfAuthorities(pem: string): string | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) return 'which has no certificate in PEM form';
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return 'whose certificates cannot be read';
  }
}

interface Trusting {
  /** In PEM form; absent: the usual authorities alone, as Node trusts them without a context. */
  readonly authorities?: string | undefined;
}

/** Reading the usual authorities blocks for some tens of milliseconds: once for each endpoint. */
const contexts = new WeakMap<Trusting, SecureContext>();

export function trustedContextOf(endpoint: Trusting): SecureContext | undefined {
  const { authorities } = endpoint;
  if (authorities === undefined) return undefined;
  const known = contexts.get(endpoint);
  if (known !== undefined) return known;
  const context = createSecureContext({ ca: [...getCACertificates('default'), authorities] });
  contexts.set(endpoint, context);
  return context;
}
