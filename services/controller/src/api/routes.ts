/** Addresses of the admin API: each accepts one method, and answers others with 405. */
import { ROUTES, type RouteName } from '@zephyr/contract/api/api-routes';
import express, { type Express, type RequestHandler } from 'express';

import { ProblemError } from './problem-error.ts';

/** Far more than any command needs. */
const MAX_BODY = '16kb';

export function answer(app: Express, name: RouteName, handler: RequestHandler): void {
  const { method, path } = ROUTES[name];
  if (method === 'get') answerGet(app, path, handler);
  else answerPost(app, path, handler);
}

export function answerGet(app: Express, path: string, handler: RequestHandler): void {
  app.route(path).get(handler).all(refuseMethod('GET, HEAD'));
}

export function answerPost(app: Express, path: string, handler: RequestHandler): void {
  const takeJson = express.json({ limit: MAX_BODY, strict: true });
  app.route(path).post(requireJson, takeJson, handler).all(refuseMethod('POST'));
}

function refuseMethod(allowed: string): RequestHandler {
  return (req, res) => {
    res.set('allow', allowed);
    throw new ProblemError('method_not_allowed', `${req.method} is not one of: ${allowed}`);
  };
}

/** A form on another site cannot send this type without a preflight. */
const requireJson: RequestHandler = (req, _res, next) => {
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw new ProblemError('wrong_content_type', 'the content-type is not application/json');
  }
  next();
};
