/**
 * nginx and HAProxy with what their documentation recommends for failover: passive health, one retry
 * elsewhere, also for POST. Undefined if not installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endWithUs, freePort, listening } from '../../services/proxy/bench/contenders.ts';

export interface Rival {
  readonly port: number;
  /** Of the first process, which starts the others. */
  readonly pid: number | undefined;
  stop(): void;
}

export const RIVALS = { nginx: startNginx, haproxy: startHaproxy } as const;
export type RivalName = keyof typeof RIVALS;

export function missingRivals(): readonly RivalName[] {
  return (Object.keys(RIVALS) as RivalName[]).filter(
    (name) => spawnSync(name, ['-v']).status !== 0,
  );
}

/** As root, its workers run as another user, who may not write to our folder. */
const isRoot = process.getuid?.() === 0;

/** `proxy_next_upstream` does not support status 529. */
async function startNginx(
  upstreamPorts: readonly number[],
  caFile?: string,
): Promise<Rival | undefined> {
  const servers = upstreamPorts.map((port) => `server 127.0.0.1:${port};`).join(' ');
  const upstream =
    caFile === undefined
      ? 'proxy_pass http://up;'
      : `proxy_pass https://up; proxy_ssl_verify on; proxy_ssl_name localhost;
      proxy_ssl_trusted_certificate ${caFile};`;
  return start('nginx', ['-v'], (folder, port) => ({
    file: 'nginx.conf',
    args: ['-c', join(folder, 'nginx.conf'), '-p', folder],
    text: `${isRoot ? 'user root; ' : ''}worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 16000; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream up { ${servers} keepalive 64; }
  server { listen 127.0.0.1:${port};
    location / { ${upstream} proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_connect_timeout 2s; proxy_read_timeout 30s;
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504
        http_429 non_idempotent;
      proxy_next_upstream_tries 2; } } }`,
  }));
}

/** `retry-on` does not support status 529. Without `http-no-delay` it delays stream events by 0.2 s. */
async function startHaproxy(
  upstreamPorts: readonly number[],
  caFile?: string,
): Promise<Rival | undefined> {
  const tls =
    caFile === undefined ? '' : ` ssl verify required verifyhost localhost ca-file ${caFile}`;
  const servers = upstreamPorts.map((port, index) => `  server e${index} 127.0.0.1:${port}${tls}`);
  return start('haproxy', ['-v'], (folder, port) => ({
    file: 'haproxy.cfg',
    args: ['-db', '-q', '-f', join(folder, 'haproxy.cfg')],
    text: `global
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 30s
  option http-buffer-request
  option http-no-delay
  option redispatch 1
  retries 1
  retry-on conn-failure empty-response junk-response response-timeout 500 502 503 504
frontend in
  bind 127.0.0.1:${port}
  default_backend up
backend up
  balance roundrobin
  default-server check inter 2s observe layer7 error-limit 10 on-error mark-down
${servers.join('\n')}
`,
  }));
}

interface Plan {
  readonly file: string;
  readonly text: string;
  readonly args: readonly string[];
}

async function start(
  program: RivalName,
  versionArgs: readonly string[],
  planOf: (folder: string, port: number) => Plan,
): Promise<Rival | undefined> {
  if (spawnSync(program, versionArgs).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), `zephyr-${program}-`));
  const port = await freePort();
  const { file, text, args } = planOf(folder, port);
  writeFileSync(join(folder, file), text);
  const child = spawn(program, [...args], { stdio: 'ignore' });
  endWithUs(child);
  await listening(port, child);
  return {
    port,
    pid: child.pid,
    stop: () => {
      child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      child.kill('SIGTERM');
    },
  };
}
