import type { AuthStyle } from '@zephyr/contract/auth-style';

/** A header in lower case and its whole value. May be a secret: never logged. */
export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** The longest key of a person. */
const MAX_KEY_CHARACTERS = 512;
/** ASCII without spaces. */
const CREDENTIAL = /^[\x21-\x7e]+$/;

/** Whether a text can be a token of an endpoint, so that it is a valid header value. */
export function isToken(text: string): boolean {
  return CREDENTIAL.test(text);
}

/** Whether a text can be a person's key, in whatever header it was sent. */
export function isClientKey(text: string): boolean {
  return text.length <= MAX_KEY_CHARACTERS && CREDENTIAL.test(text);
}

/** The token of an `authorization` header; undefined if there is none. */
export function bearerIn(authorization: string | undefined): string | undefined {
  return /^Bearer[ \t]+(\S+)[ \t]*$/i.exec(authorization ?? '')?.[1];
}

/**
 * As Node writes raw headers: name, value, name, value, …
 *
 * @param others skipped if a line has the same name
 */
export function rawHeaders(
  lines: readonly HeaderLine[],
  others: readonly (readonly [string, string])[],
): string[] {
  const names = new Set(lines.map(({ name }) => name));
  return [
    ...lines.flatMap(({ name, value }) => [name, value]),
    ...others.filter(([name]) => !names.has(name.toLowerCase())).flat(),
  ];
}

/**
 * The headers that carry a token. Without a style by the token's shape: a key of the official API
 * (`sk-ant-api…`) is accepted as `x-api-key` only; everything else (gateway and login tokens) is sent as a
 * bearer token.
 * @see https://docs.claude.com/en/api/overview#authentication
 */
export function credentialsOf(token: string, style: AuthStyle | undefined): readonly HeaderLine[] {
  const bearer = { name: 'authorization', value: `Bearer ${token}` };
  const apiKey = { name: 'x-api-key', value: token };
  switch (authStyleOf(token, style)) {
    case 'bearer':
      return [bearer];
    case 'x-api-key':
      return [apiKey];
    case 'both':
      return [bearer, apiKey];
  }
}

/** How a token is sent: as configured, or by its shape. */
export function authStyleOf(token: string, style: AuthStyle | undefined): AuthStyle {
  if (style !== undefined) return style;
  return token.startsWith('sk-ant-api') ? 'x-api-key' : 'bearer';
}
