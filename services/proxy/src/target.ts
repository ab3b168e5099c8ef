/**
 * What a request asks for, judged by its raw target: exactly the bytes that the client sent.
 * Libraries compare normalised paths and then forward the raw one, so `/v1/..%2fadmin` or
 * `http://elsewhere/v1/models` would go upstream with the team's token.
 */
import type { GateKind } from './gate.ts';

export type Target =
  | { readonly kind: 'home' }
  /** The proxy's own pages. */
  | { readonly kind: 'own' }
  | {
      readonly kind: 'upstream';
      /** Path and query, made only of characters that mean themselves. */
      readonly pathAndQuery: string;
      readonly gate: GateKind;
    }
  | { readonly kind: 'refused'; readonly why: TargetRefusal };

export type TargetRefusal = 'too_long' | 'malformed' | 'unknown' | 'method';

const OWN_PATHS: ReadonlySet<string> = new Set([
  '/status',
  '/status/events',
  '/health',
  '/livez',
  '/readyz',
  '/metrics',
  '/diagnostics',
]);

/** Node takes up to the whole header limit; no path of the Messages API comes near this. */
const MAX_TARGET_LENGTH = 4096;
/** The script and the style of the status page. */
const OWN_FILE = /^\/assets\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Segments of plain characters, none of which starts with a dot; no percent, no empty segment. */
const API_PATH = /^\/v1(?:\/[A-Za-z0-9_~:@-][A-Za-z0-9._~:@-]*)+$/;
const QUERY = /^[A-Za-z0-9._~!$&'()*+,;=:@/?%[\]-]*$/;
const UPSTREAM_METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE']);

export interface TargetRules {
  /** Exact paths outside /v1 that go upstream. */
  readonly extraPaths: ReadonlySet<string>;
}

export function readTarget(method: string, rawUrl: string, rules: TargetRules): Target {
  if (rawUrl.length > MAX_TARGET_LENGTH) return { kind: 'refused', why: 'too_long' };
  const mark = rawUrl.indexOf('?');
  const path = mark === -1 ? rawUrl : rawUrl.slice(0, mark);
  const query = mark === -1 ? '' : rawUrl.slice(mark + 1);
  if (!QUERY.test(query)) return { kind: 'refused', why: 'malformed' };
  if (API_PATH.test(path) || rules.extraPaths.has(path)) {
    if (!UPSTREAM_METHODS.has(method)) return { kind: 'refused', why: 'method' };
    return { kind: 'upstream', pathAndQuery: rawUrl, gate: gateOf(method, path) };
  }
  return ownTarget(method, path);
}

function ownTarget(method: string, path: string): Target {
  const isOwn = OWN_PATHS.has(path) || OWN_FILE.test(path);
  if (path !== '/' && !isOwn) {
    return { kind: 'refused', why: isPlain(path) ? 'unknown' : 'malformed' };
  }
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'refused', why: 'method' };
  return { kind: isOwn ? 'own' : 'home' };
}

function gateOf(method: string, path: string): GateKind {
  if (method !== 'POST') return 'other';
  if (path === '/v1/messages') return 'messages';
  return path === '/v1/messages/count_tokens' ? 'count_tokens' : 'other';
}

function isPlain(path: string): boolean {
  return /^(?:\/[A-Za-z0-9_~:@-][A-Za-z0-9._~:@-]*)+\/?$/.test(path);
}
