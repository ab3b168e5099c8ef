/** Options for redis-server to use TLS with the certificate of the tests. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { VALID } from './tls-fixture.ts';

/** Paths. The certificate is its own authority. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export function writeTlsFiles(folder: string): TlsFiles {
  const files = { cert: join(folder, 'redis.pem'), key: join(folder, 'redis.key') };
  writeFileSync(files.cert, VALID.cert);
  writeFileSync(files.key, VALID.key, { mode: 0o600 });
  return files;
}

/** Only TLS on this port, also between servers; clients need no certificate. */
export function tlsArguments(port: number, { cert, key }: TlsFiles): readonly string[] {
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-replication', 'yes'],
    ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
    ...['--tls-auth-clients', 'no'],
  ];
}
