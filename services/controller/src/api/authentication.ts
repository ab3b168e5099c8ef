/**
 * Who may use the admin API. On loopback, anyone on this machine unless a token is configured; elsewhere,
 * anyone with the token: as a bearer token (programs), or as a cookie issued for it (browsers, whose
 * EventSource cannot send headers).
 *
 * Behind a reverse proxy a loopback socket proves nothing, so a request that was forwarded, or that calls us
 * by name, needs a token whatever its socket. Removing a token that was once set does not open the API.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { BlockList } from 'node:net';
import { loginSchema } from '@zephyr/contract/api/login';
import { DAY_MS } from '@zephyr/contract/units';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { accessOf, type ClientAccess } from '@zephyr/runtime/config/derived/client-access';
import { bearerIn } from '@zephyr/runtime/credential';
import { addressOf, calledBy, isForwarded } from '@zephyr/runtime/http/visitor';
import { WrongKeyLimit } from '@zephyr/runtime/http/wrong-key-limit';
import type { Secret } from '@zephyr/runtime/secret';
import { parseCookie } from 'cookie';
import type { Request, RequestHandler, Response } from 'express';

import { ProblemError } from './problem-error.ts';

const COOKIE = 'zephyr_session';
const SESSION_MS = 7 * DAY_MS;

/** Delay of the answer to a wrong token, which slows down guessing. */
const WRONG_TOKEN_DELAY_MS = 500;
/** The same for an address that keeps guessing. */
const GUESSING_DELAY_MS = 2_000;

export interface AccessDeps {
  /** Read for each request, because it may be rotated. Undefined if none is configured. */
  readonly token: () => Secret | undefined;
  readonly clock: Clock;
  /** Proxies whose X-Forwarded-For is trusted; undefined if none is. */
  readonly trustedProxies: () => BlockList | undefined;
}

export interface AdminAccess {
  /** Passes only permitted requests on; `res.locals.actor` identifies the caller. */
  readonly require: RequestHandler;
  readonly login: (req: Request, res: Response) => Promise<void>;
}

export function createAccess(deps: AccessDeps): AdminAccess {
  const guard = new Guard(deps);
  return {
    require: async (req, res, next) => {
      const secret = deps.token();
      const actor = guard.isOpenTo(req, secret)
        ? 'loopback'
        : actorOf(req, secret, deps.clock.epochMs());
      // A missing token is not a guess: a page sends such a request before it shows its login form.
      if (actor === undefined) await guard.refuse(req, res, isGuess(req));
      res.locals['actor'] = actor;
      next();
    },
    login: async (req, res) => {
      const body = loginSchema.safeParse(req.body);
      if (!body.success) throw new ProblemError('invalid_body', 'expected {"token": "…"}');
      const secret = deps.token();
      if (!guard.isOpenTo(req, secret)) {
        if (secret === undefined || !isSame(body.data.token, secret.reveal())) {
          await guard.refuse(req, res, true);
        } else {
          giveCookie(req, res, newSession(secret, deps.clock.epochMs()));
        }
      }
      res.status(204).end();
    },
  };
}

class Guard {
  readonly #deps: AccessDeps;
  readonly #wrongKeys = new WrongKeyLimit();
  #access: ClientAccess | undefined;

  constructor(deps: AccessDeps) {
    this.#deps = deps;
  }

  isOpenTo({ headers }: Request, secret: Secret | undefined): boolean {
    this.#access = accessOf(secret === undefined ? 'this_machine' : 'keys', this.#access);
    if (this.#access !== 'this_machine') return false;
    return calledBy(headers.host).kind === 'address' && !isForwarded(headers);
  }

  /**
   * Delays the answer to a wrong token; a right token is never delayed, even if others guess from its
   * address.
   */
  async refuse({ socket, headers }: Request, res: Response, isGuess: boolean): Promise<never> {
    const { clock, trustedProxies } = this.#deps;
    if (isGuess) {
      const address = addressOf(socket.remoteAddress ?? '', headers, trustedProxies());
      const isGuessing = this.#wrongKeys.note(address, clock.nowMs());
      const delayMs = isGuessing ? GUESSING_DELAY_MS : WRONG_TOKEN_DELAY_MS;
      await pause(clock, delayMs, whenClosed(res));
    }
    throw new ProblemError(
      'unauthorized',
      this.#deps.token() === undefined
        ? 'no token is configured, and without one only this machine itself is served'
        : 'no valid token was sent',
    );
  }
}

function whenClosed(res: Response): AbortSignal {
  const closing = new AbortController();
  res.once('close', () => closing.abort());
  return closing.signal;
}

function giveCookie(req: Request, res: Response, session: string): void {
  res.cookie(COOKIE, session, {
    httpOnly: true,
    sameSite: 'strict',
    secure: req.secure || req.get('x-forwarded-proto') === 'https',
    maxAge: SESSION_MS,
    path: '/',
  });
}

/** An expired cookie does not count: browsers send it on their own. */
function isGuess({ headers }: Request): boolean {
  return headers.authorization !== undefined;
}

function actorOf(req: Request, secret: Secret | undefined, epochMs: number): string | undefined {
  if (secret === undefined) return undefined;
  const bearer = bearerIn(req.headers.authorization);
  if (bearer !== undefined) return isSame(bearer, secret.reveal()) ? 'token' : undefined;
  const session = parseCookie(req.headers.cookie ?? '')[COOKIE];
  return session !== undefined && isSession(session, secret, epochMs) ? 'browser' : undefined;
}

/** `<end in ms>.<signature>`: any controller with the same token can verify it; none has to store it. */
function newSession(secret: Secret, epochMs: number): string {
  const untilAtMs = String(epochMs + SESSION_MS);
  return `${untilAtMs}.${signature(secret, untilAtMs)}`;
}

function isSession(session: string, secret: Secret, epochMs: number): boolean {
  const [untilAtMs = '', signed = ''] = session.split('.');
  return isSame(signed, signature(secret, untilAtMs)) && Number(untilAtMs) > epochMs;
}

function signature(secret: Secret, untilAtMs: string): string {
  return createHmac('sha256', secret.reveal()).update(`admin session ${untilAtMs}`).digest('hex');
}

/** Compares in constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
