/**
 * Who may use the admin API. On loopback everybody of this machine, unless a token is configured;
 * elsewhere whoever has the token: as a bearer (programs), or as a cookie that was given for it
 * (browsers, whose EventSource cannot send headers).
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { loginSchema } from '@zephyr/runtime/api';
import type { Secret } from '@zephyr/runtime/secret';
import type { Request, RequestHandler, Response } from 'express';

import { ProblemError } from './problem.ts';

const COOKIE = 'zephyr_session';
const SESSION_MS = 7 * 86_400_000;

/** Answers take this long after a wrong token, so that guessing is slow. */
const WRONG_TOKEN_DELAY_MS = 500;

export interface Access {
  /** Lets only permitted requests through; `res.locals.actor` says who it is. */
  readonly require: RequestHandler;
  readonly login: (req: Request, res: Response) => Promise<void>;
}

/** @param token read with each request, for it may be rotated; undefined: no token is needed. */
export function createAccess(token: () => Secret | undefined): Access {
  return {
    require: (req, res, next) => {
      const secret = token();
      const actor = secret === undefined ? 'loopback' : actorOf(req, secret);
      if (actor === undefined) throw new ProblemError('unauthorized', 'no valid token was sent');
      res.locals['actor'] = actor;
      next();
    },
    login: async (req, res) => {
      const secret = token();
      const body = loginSchema.safeParse(req.body);
      if (!body.success) throw new ProblemError('invalid_body', 'expected {"token": "…"}');
      if (secret !== undefined && !isSame(body.data.token, secret.reveal())) {
        await new Promise((resolve) => setTimeout(resolve, WRONG_TOKEN_DELAY_MS));
        throw new ProblemError('unauthorized', 'this is not the admin token');
      }
      if (secret !== undefined) {
        res.cookie(COOKIE, newSession(secret, Date.now()), {
          httpOnly: true,
          sameSite: 'strict',
          secure: req.get('x-forwarded-proto') === 'https',
          maxAge: SESSION_MS,
          path: '/',
        });
      }
      res.status(204).end();
    },
  };
}

function actorOf(req: Request, secret: Secret): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isSame(bearer, secret.reveal()) ? 'token' : undefined;
  const session = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(req.headers.cookie ?? '')?.[1];
  return session !== undefined && isSession(session, secret, Date.now()) ? 'browser' : undefined;
}

/** `<end in ms>.<signature>`: any controller with the same token knows it, none has to store it. */
function newSession(secret: Secret, nowMs: number): string {
  const untilMs = String(nowMs + SESSION_MS);
  return `${untilMs}.${signature(secret, untilMs)}`;
}

function isSession(session: string, secret: Secret, nowMs: number): boolean {
  const [untilMs = '', signed = ''] = session.split('.');
  return isSame(signed, signature(secret, untilMs)) && Number(untilMs) > nowMs;
}

function signature(secret: Secret, untilMs: string): string {
  return createHmac('sha256', secret.reveal()).update(`admin session ${untilMs}`).digest('hex');
}

/** In constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
