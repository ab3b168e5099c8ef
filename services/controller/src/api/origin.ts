/**
 * Which requests are admitted at all. A page of another site can make a browser send requests here, and a
 * name that its owner points at 127.0.0.1 (DNS rebinding) makes them look same-origin. So the host must be an
 * address or a known name, and requests from foreign pages are refused.
 */
import type { IncomingHttpHeaders } from 'node:http';

import {
  isFromForeignPage,
  isKnownHost,
  isNavigation,
  isWatchersHost,
} from '@zephyr/runtime/http/visitor';
import { WATCHED_PATHS } from '@zephyr/runtime/http/watch-pages';
import type { RequestHandler } from 'express';

import { ProblemError } from './problem-error.ts';

export interface CheckedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Other sites may link to these: a linking page cannot read them. */
const LINKED: ReadonlySet<string> = new Set(['/', '/index.html']);

/** Returns why a request is refused; undefined if it is admitted. Pure. */
export function originProblem(
  { method, path, headers }: CheckedRequest,
  allowedHosts: readonly string[],
): string | undefined {
  const isHost = WATCHED_PATHS.has(path) ? isWatchersHost : isKnownHost;
  if (!isHost(headers.host, allowedHosts)) {
    return 'the Host header names neither an address nor a known name';
  }
  if (!isFromForeignPage(headers)) return undefined;
  if (LINKED.has(path) && isNavigation(method, headers)) return undefined;
  return 'the request comes from another page';
}

export function requireOrigin(allowedHosts: () => readonly string[]): RequestHandler {
  return ({ method, path, headers }, _res, next) => {
    const problem = originProblem({ method, path, headers }, allowedHosts());
    if (problem !== undefined) throw new ProblemError('forbidden_origin', problem);
    next();
  };
}
