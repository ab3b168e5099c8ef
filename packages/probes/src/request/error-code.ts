/**
 * The code of a connection error. A TLS alert from the peer that is met while writing is reported as
 * `EPROTO`; the code is then taken from OpenSSL's message, as it is when reading.
 */
export function errorCodeOf(error: NodeJS.ErrnoException): string {
  const { code = 'UNKNOWN', message } = error;
  const [, words] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  if (code !== 'EPROTO' || words === undefined) return code;
  return `ERR_SSL_${words.toUpperCase().replaceAll(' ', '_')}`;
}
