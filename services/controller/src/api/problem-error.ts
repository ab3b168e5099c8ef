/** Errors of the admin API as RFC 9457 `application/problem+json`. */
import { ROUTES } from '@zephyr/contract/api/api-routes';
import { PROBLEMS, type Problem, type ProblemCode } from '@zephyr/contract/operate/problem';
import type { Logger } from '@zephyr/runtime/logger';
import type { ErrorRequestHandler, Response } from 'express';

const TITLES: Readonly<Record<ProblemCode, string>> = {
  invalid_body: 'The request body is not valid',
  invalid_query: 'The query is not valid',
  unauthorized: 'The admin token is required',
  forbidden_origin: 'Requests from this page or host name are not allowed',
  not_found: 'There is nothing at this address',
  method_not_allowed: 'This address does not support this method',
  unknown_endpoint: 'No endpoint has this id',
  unknown_person: 'No client and no team has this name',
  endpoint_disabled: 'The endpoint is disabled',
  endpoint_unavailable: 'The endpoint is not available',
  last_endpoint: 'This is the last enabled endpoint',
  edit_refused: 'The configuration was not changed',
  body_too_large: 'The body is too large',
  wrong_content_type: 'The body must be sent as JSON',
  config_invalid: 'The configuration is not valid',
  internal: 'Internal error in the controller',
  not_leading: 'The state of the leader is not known',
  store_away: 'Redis is unreachable',
  too_many_streams: 'Too many event streams are open',
  timeout: 'The command was not applied in time',
};

const ADVICE: Readonly<Record<ProblemCode, readonly string[]>> = {
  invalid_body: ['see GET /openapi.json for what this address accepts'],
  invalid_query: ['see GET /openapi.json for the parameters of this address'],
  unauthorized: [
    'programs: send Authorization: Bearer <token>',
    `browsers: log in at POST ${ROUTES.login.path} with the token`,
  ],
  forbidden_origin: [
    'open the dashboard by an address or by localhost',
    'or add the name to controller.allowed_hosts in config.toml',
  ],
  not_found: ['see GET /openapi.json for all addresses'],
  method_not_allowed: ['see the Allow header for its methods'],
  unknown_endpoint: [`GET ${ROUTES.state.path} has the ids of the endpoints`],
  unknown_person: ['see [[clients]] and [[teams]] in config.toml for the names'],
  endpoint_disabled: ['enable the endpoint first'],
  endpoint_unavailable: ['wait until it is available, or repeat with "force": true'],
  last_endpoint: ['enable another endpoint first, or repeat with "force": true'],
  edit_refused: [`see GET ${ROUTES.settings.path} for what can be changed`],
  body_too_large: ['no command needs more than a few hundred bytes'],
  wrong_content_type: [
    'send the header content-type: application/json and a body, {} if it is empty',
  ],
  config_invalid: ['correct the file; the previous configuration is still in use'],
  internal: ['see the log of the controller'],
  not_leading: [
    'try again in a few seconds',
    'check whether a controller leads, and whether all run the same version',
  ],
  store_away: ['try again when Redis is back; requests are still served meanwhile'],
  too_many_streams: ['close a dashboard, or use another controller'],
  timeout: ['check the state before you repeat the command'],
};

/** Thrown by handlers to refuse a request. */
export class ProblemError extends Error {
  readonly code: ProblemCode;

  /** Advice for this case; if empty, the general advice for the code applies. */
  readonly advice: readonly string[];

  /** @param detail what was wrong with this request; sent to the client. */
  constructor(code: ProblemCode, detail: string, advice: readonly string[] = []) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.advice = advice;
  }
}

function problemOf(code: ProblemCode, detail: string, advice: readonly string[] = []): Problem {
  return {
    type: `urn:zephyr:problem:${code}`,
    title: TITLES[code],
    status: PROBLEMS[code],
    code,
    detail,
    advice: [...(advice.length === 0 ? ADVICE[code] : advice)],
  };
}

/** Seconds after which a retry makes sense. */
const RETRY_AFTER_S = 2;

function sendProblem(res: Response, problem: Problem): void {
  if (problem.status === 503) res.setHeader('retry-after', RETRY_AFTER_S);
  if (problem.code === 'unauthorized') res.setHeader('www-authenticate', 'Bearer');
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The only place that sends errors; details of unexpected ones never reach the client. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof ProblemError) {
      return sendProblem(res, problemOf(error.code, error.message, error.advice));
    }
    const unread = unreadProblem(error);
    if (unread !== undefined) return sendProblem(res, unread);
    log.error({ err: error }, 'an admin request failed');
    return sendProblem(res, problemOf('internal', 'see the log of the controller'));
  };
}

/** Maps errors of express and its JSON parser by their `type`; undefined if the fault is ours. */
function unreadProblem(error: unknown): Problem | undefined {
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  if (type === 'entity.too.large') return problemOf('body_too_large', 'at most 16 kB are read');
  if (status === 415) {
    return problemOf('wrong_content_type', 'expected UTF-8 without an unknown content-encoding');
  }
  return problemOf('invalid_body', 'the body is not a JSON object');
}
