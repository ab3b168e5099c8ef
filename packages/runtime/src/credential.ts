/** The header that carries a token, in lower case, and its whole value. A secret: never logged. */
export interface Credential {
  readonly header: 'authorization' | 'x-api-key';
  readonly value: string;
}

/**
 * By the token's shape: a key of the official API (`sk-ant-api…`) is taken as `x-api-key` only;
 * everything else, the tokens of relays and of logins, goes as a bearer.
 * @see https://docs.claude.com/en/api/overview#authentication
 */
export function credentialOf(token: string): Credential {
  return token.startsWith('sk-ant-api')
    ? { header: 'x-api-key', value: token }
    : { header: 'authorization', value: `Bearer ${token}` };
}

/** The token itself. */
export function tokenIn({ value }: Credential): string {
  return value.slice(value.indexOf(' ') + 1);
}
