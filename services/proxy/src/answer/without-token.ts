/**
 * Relays write what they were asked into what they refuse, headers and all. Behind that may be the
 * team's token, which no person gets to see.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { HeldResponse } from './held-response.ts';

/**
 * A refusal with the token blotted out, each character by one, so that its framing stays right. Of one
 * that goes on, the part that is here.
 */
export function withoutToken(refusal: HeldResponse, token: string): HeldResponse {
  const blot = '*'.repeat(token.length);
  const clean = (text: string): string => text.replaceAll(token, blot);
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
