/**
 * The code of an error of a connection. What the other side says by a TLS alert comes as `EPROTO` where
 * it was met while writing; then the code is what OpenSSL says in the message, as for reading.
 */
export function errorCodeOf(error: NodeJS.ErrnoException): string {
  const { code = 'UNKNOWN', message } = error;
  const [, words] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  if (code !== 'EPROTO' || words === undefined) return code;
  return `ERR_SSL_${words.toUpperCase().replaceAll(' ', '_')}`;
}
