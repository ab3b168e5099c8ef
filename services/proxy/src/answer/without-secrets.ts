/**
 * Gateways may echo the request in a refusal, headers and all: including the team's token and other secret
 * headers, which no person may see.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { BufferedAnswer } from './buffered-answer.ts';

/**
 * Masks the secrets in a refusal, one character each, so that its framing stays valid. If more of it is to
 * follow, only the received part is passed on.
 */
export function withoutSecrets(
  refusal: BufferedAnswer,
  secrets: readonly string[],
): BufferedAnswer {
  const clean = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)), text);
  // Latin-1 keeps every byte as it is.
  const body = clean(Buffer.concat(refusal.buffered).toString('latin1'));
  return {
    ...refusal,
    headers: cleanHeaders(refusal.headers, clean),
    buffered: body === '' ? [] : [Buffer.from(body, 'latin1')],
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
