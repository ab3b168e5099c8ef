/** What is valid in a configuration, but probably not intended. */
import { statSync } from 'node:fs';

import { type Clock, systemClock } from '@zephyr/runtime/clock';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { outboundProxiesOf } from '@zephyr/runtime/config/resolve/outbound';
import { endsAtMs, endsSoonOn } from '@zephyr/runtime/connection/certificate-expiry';
import type { Translate } from '@zephyr/texts';

/** The hosts of config.toml.example, and the names that RFC 2606 reserves for examples. */
const MADE_UP = /(^|\.)(provider-[ab]\.com|example\.(com|net|org)|example|test|invalid)$/;
const OTHERS_MAY_READ = 0o044;

/** One sentence each, with what to do. */
export function warningsOf(
  { config, secrets, ignored }: LoadedConfig,
  envFilePath: string,
  say: Translate,
  clock: Clock = systemClock,
): readonly string[] {
  const madeUp = config.endpoints
    .map(({ name, baseUrl }) => ({ name, host: new URL(baseUrl).hostname }))
    .filter(({ host }) => MADE_UP.test(host))
    .map((endpoint) => say('note.example', endpoint));
  const ended = config.endpoints.flatMap(({ name, clientCertFile, clientCertificate }) => {
    const atMs = clientCertificate === undefined ? undefined : endsAtMs(clientCertificate);
    if (atMs === undefined || atMs > clock.epochMs()) return [];
    const date = new Date(atMs).toISOString().slice(0, 10);
    return [say('note.certificateEnded', { name, path: clientCertFile ?? '', date })];
  });
  const own = (['server', 'controller'] as const).flatMap((table) => {
    const { certificate } = secrets.ownCertificates[table] ?? {};
    const date = certificate && endsSoonOn(certificate, clock.epochMs());
    const path = config[table].tlsCertFile ?? '';
    return date === undefined ? [] : [say('note.ownCertificateEnds', { table, path, date })];
  });
  const read = isReadByOthers(envFilePath) ? [say('note.envFile', { path: envFilePath })] : [];
  const original = ignored.map(({ line = 0, key, belongsTo }) =>
    belongsTo === undefined
      ? say('note.originalKey', { path: config.path, line, key })
      : say('note.originalKeyMoved', { path: config.path, line, key, table: belongsTo }),
  );
  return [...madeUp, ...ended, ...own, ...read, ...original];
}

/** One sentence for each outbound proxy: the environment may set one that was forgotten. */
export function outboundNotesOf({ config }: LoadedConfig, say: Translate): readonly string[] {
  return outboundProxiesOf(config).map(({ url, from, endpoints }) =>
    say('note.outboundProxy', { url, from, names: endpoints.join(', ') }),
  );
}

function isReadByOthers(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & OTHERS_MAY_READ) !== 0;
}
