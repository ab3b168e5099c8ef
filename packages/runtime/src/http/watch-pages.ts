/**
 * The pages that orchestrators, load balancers and Prometheus read on every service: `/livez` (the process
 * runs), `/readyz` (it can do its work) and `/metrics`. Nothing secret, read-only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** With `/health`, which each service answers in its own way. */
export const WATCHED_PATHS: ReadonlySet<string> = new Set([
  '/health',
  '/livez',
  '/readyz',
  '/metrics',
]);

export interface Readiness {
  readonly isReady: boolean;
  /** `ok`, why it is not ready, or what is restricted. */
  readonly status: string;
}

export interface WatchPages {
  readonly readiness: () => Readiness | Promise<Readiness>;
  /** Absent if metrics have their own port. */
  readonly metrics?: MetricsRegistry | undefined;
}

/** prom-client's registry. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Serves these pages for GET and HEAD; passes everything else on. */
export function watchPages({ readiness, metrics }: WatchPages): Middleware {
  const pages = new Map<string, (res: ServerResponse) => void | Promise<void>>([
    ['/livez', (res) => send(res, { status: 200, type: 'text/plain; charset=utf-8', body: 'OK' })],
    ['/readyz', async (res) => sendReadiness(res, await readiness())],
  ]);
  if (metrics !== undefined) pages.set('/metrics', (res) => sendMetrics(res, metrics));
  return (req, res, next) => {
    const page = pages.get(req.url?.split('?')[0] ?? '');
    if (page === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
    Promise.resolve(page(res)).catch(next);
  };
}

/** Sends 503 if the service is not ready. */
export function sendReadiness(res: ServerResponse, { isReady, status }: Readiness): void {
  const body = JSON.stringify({ status });
  send(res, { status: isReady ? 200 : 503, type: 'application/json; charset=utf-8', body });
}

export async function sendMetrics(res: ServerResponse, registry: MetricsRegistry): Promise<void> {
  send(res, { status: 200, type: registry.contentType, body: await registry.metrics() });
}

function send(
  res: ServerResponse,
  answer: { readonly status: number; readonly type: string; readonly body: string },
): void {
  res.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
  });
  // Node drops the body for HEAD.
  res.end(answer.body);
}
