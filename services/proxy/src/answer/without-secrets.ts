/**
 * Relays write what they were asked into what they refuse, headers and all: also the team's token and
 * other secret headers, which no person gets to see.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { HeldResponse } from './held-response.ts';

/**
 * A refusal with the secrets blotted out, each character by one, so that its framing stays right. Of one
 * that goes on, the part that is here.
 */
export function withoutSecrets(refusal: HeldResponse, secrets: readonly string[]): HeldResponse {
  const clean = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)), text);
  // Latin-1: every byte stays what it is.
  const body = clean(Buffer.concat(refusal.held).toString('latin1'));
  return {
    ...refusal,
    headers: cleanHeaders(refusal.headers, clean),
    held: body === '' ? [] : [Buffer.from(body, 'latin1')],
  };
}

function cleanHeaders(
  headers: IncomingHttpHeaders,
  clean: (text: string) => string,
): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(clean) : value === undefined ? value : clean(value),
    ]),
  );
}
