/** The address of Redis, and the password that its URL may contain. */

/** Takes precedence over `redis.url`, and may contain the password. */
export const REDIS_URL_VARIABLE = 'ZEPHYR_REDIS_URL';

export interface RedisLocation {
  /** Without a password. */
  readonly url: string;
  readonly password?: string | undefined;
}

/** The URL without its password, and the password. The URL must have passed `checkRedisUrl`. */
export function splitPassword(text: string): RedisLocation {
  const url = new URL(text);
  if (url.password === '') return { url: text };
  const password = decodeURIComponent(url.password);
  url.password = '';
  return { url: url.href, password };
}
