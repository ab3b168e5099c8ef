/**
 * Which requests may come in at all. A page of another site can make a browser send requests
 * here, and a name that its owner points at 127.0.0.1 (DNS rebinding) makes them look same-origin:
 * so the host must be an address or a known name, and what changes something must come from here.
 */
import { isIP } from 'node:net';

import type { RequestHandler } from 'express';

import { ProblemError } from './problem.ts';

export interface RequestFacts {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/** Why a request is refused; undefined where it is not. Pure. */
export function originProblem(
  facts: RequestFacts,
  allowedHosts: readonly string[],
): string | undefined {
  const hostname = hostnameOf(facts.host);
  if (hostname === undefined || !isAllowedHost(hostname, allowedHosts)) {
    return 'the Host header names neither an address nor a known name';
  }
  const isReading = facts.method === 'GET' || facts.method === 'HEAD';
  if (facts.origin !== undefined && !isSameHost(facts.origin, facts.host)) {
    return 'the Origin header names another page';
  }
  const isForeign = facts.fetchSite === 'cross-site' || facts.fetchSite === 'same-site';
  if (!isReading && isForeign) return 'the request comes from another page';
  return undefined;
}

function isAllowedHost(hostname: string, allowedHosts: readonly string[]): boolean {
  return (
    isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 ||
    hostname === 'localhost' ||
    allowedHosts.includes(hostname)
  );
}

function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The scheme is not compared: a proxy in front may speak TLS for us. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

export function requireOrigin(allowedHosts: () => readonly string[]): RequestHandler {
  return (req, _res, next) => {
    const problem = originProblem(
      {
        method: req.method,
        host: req.headers.host,
        origin: req.headers.origin,
        fetchSite: req.get('sec-fetch-site'),
      },
      allowedHosts(),
    );
    if (problem !== undefined) throw new ProblemError('forbidden_origin', problem);
    next();
  };
}
