/**
 * Classifies a request by its raw target: exactly the bytes that the client sent. Libraries compare
 * normalised paths and then forward the raw one, so `/v1/..%2fadmin` or `http://elsewhere/v1/models` would go
 * upstream with the team's token.
 *
 * Only a closed list of paths and methods goes upstream: the team's token grants far more at an endpoint than
 * people need here (organization keys, billing, other people's files).
 */

import type { Operation } from '@zephyr/core';
import { WATCHED_PATHS } from '@zephyr/runtime/http/watch-pages';

export type RequestTarget =
  | { readonly kind: 'home' }
  /** The proxy's own pages. */
  | { readonly kind: 'own' }
  | {
      readonly kind: 'upstream';
      /** Path and query, containing only characters that stand for themselves. */
      readonly pathAndQuery: string;
      readonly operation: Operation;
    }
  | { readonly kind: 'refused'; readonly why: TargetRefusal };

/**
 * `base_url`: an API path with extra or missing parts, from a wrong ANTHROPIC_BASE_URL.
 * `forward_proxy`: an absolute URL, as sent by clients with HTTP_PROXY.
 */
export type TargetRefusal =
  | 'too_long'
  | 'malformed'
  | 'unknown'
  | 'method'
  | 'base_url'
  | 'forward_proxy';

const OWN_PATHS: ReadonlySet<string> = new Set([
  ...WATCHED_PATHS,
  '/status',
  '/status/events',
  '/usage',
  '/diagnostics',
]);

/** Node accepts up to the whole header limit; no path of the Messages API comes near this. */
const MAX_TARGET_LENGTH = 4096;
/** The script and the style of the status page. */
const OWN_FILE = /^\/assets\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const QUERY = /^[A-Za-z0-9._~!$&'()*+,;=:@/?%[\]-]*$/;
/**
 * Model ids of real endpoints contain `/`, blanks and `[1m]`, which clients percent-encode. Neither the id
 * nor a part of it between encoded slashes is empty or starts with a dot, and a dot is never encoded: however
 * often the path is decoded, it stays below /v1/models/.
 */
const MODEL_PART = '[A-Za-z0-9_~:@-](?:[A-Za-z0-9._~:@-]|%(?:20|3[Aa]|40|5[BbDd]))*';
const MODEL_PATH = new RegExp(`^/v1/models/${MODEL_PART}(?:%2[Ff]${MODEL_PART})*$`);
/** An API path at the end of another one, or without its /v1. */
const MISPLACED = /(?:^|\/)(?:messages(?:\/count_tokens)?|models(?:\/[^/]+)?)\/*$/i;
/**
 * The same for messages, whose path needs no encoding: some clients encode their base URL as given, including
 * blanks, quotes and letters that crept into it.
 */
const MISPLACED_MESSAGES = /(?:^|[/\\])messages(?:[/\\]count_tokens)?(?:[/\\]*|[\s;?#"'].*)$/is;
const DOT_SEGMENT = /(?:^|[/\\])\.{1,2}(?:[/\\]|$)/;
const ABSOLUTE_FORM = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;
const EXTRA_METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE']);

export interface TargetRules {
  /** Exact paths that go upstream in addition to the closed list. */
  readonly extraPaths: ReadonlySet<string>;
}

export function readTarget(method: string, rawUrl: string, rules: TargetRules): RequestTarget {
  if (rawUrl.length > MAX_TARGET_LENGTH) return { kind: 'refused', why: 'too_long' };
  const mark = rawUrl.indexOf('?');
  const path = mark === -1 ? rawUrl : rawUrl.slice(0, mark);
  const query = mark === -1 ? '' : rawUrl.slice(mark + 1);
  const listed = listedOperation(path);
  if (listed === undefined && !rules.extraPaths.has(path)) return ownTarget(method, path);
  if (!QUERY.test(query)) return { kind: 'refused', why: 'malformed' };
  const hasMethod = listed === undefined ? EXTRA_METHODS.has(method) : method === METHOD_OF[listed];
  if (!hasMethod) return { kind: 'refused', why: 'method' };
  return { kind: 'upstream', pathAndQuery: rawUrl, operation: listed ?? 'extra' };
}

const METHOD_OF = { messages: 'POST', count_tokens: 'POST', models: 'GET' } as const;

function listedOperation(path: string): keyof typeof METHOD_OF | undefined {
  if (path === '/v1/messages') return 'messages';
  if (path === '/v1/messages/count_tokens') return 'count_tokens';
  return path === '/v1/models' || MODEL_PATH.test(path) ? 'models' : undefined;
}

function ownTarget(method: string, path: string): RequestTarget {
  const isOwn = OWN_PATHS.has(path) || OWN_FILE.test(path);
  if (path !== '/' && !isOwn) return { kind: 'refused', why: refusalOf(path) };
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'refused', why: 'method' };
  return { kind: isOwn ? 'own' : 'home' };
}

/** Only selects the most helpful message. */
function refusalOf(path: string): TargetRefusal {
  if (ABSOLUTE_FORM.test(path)) return 'forward_proxy';
  if (isPlain(path)) return MISPLACED.test(path) ? 'base_url' : 'unknown';
  const meant = decoded(path);
  const isMisplaced = MISPLACED_MESSAGES.test(meant) && !DOT_SEGMENT.test(meant);
  return isMisplaced ? 'base_url' : 'malformed';
}

/** Empty if a percent sign does not encode anything. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** A base URL with a trailing slash produces empty segments. */
function isPlain(path: string): boolean {
  return /^(?:\/+[A-Za-z0-9_~:@-][A-Za-z0-9._~:@-]*)+\/*$/.test(path);
}
