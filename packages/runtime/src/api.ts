/**
 * The admin API: what the controller tells and takes. Dashboards and the command line import the
 * types; the controller validates with the schemas and makes the OpenAPI document from them.
 *
 *     GET  /api/state              ApiState
 *     GET  /api/history            ApiHistory: what the charts and the event log start with
 *     GET  /api/decisions          ApiDecisions: decisions with their inputs, newest first
 *     GET  /api/recording          JSON lines for `zephyr replay`: see `formatRecording` in core
 *     GET  /events                 text/event-stream, see `STREAM_EVENTS`
 *     POST /api/commands/<name>    the command's body -> CommandAnswer | Problem
 *     POST /api/login              LoginBody -> 204 with the session cookie | Problem
 *     GET  /openapi.json           the OpenAPI 3.1 document
 *
 * Off loopback every address under /api and /events needs the admin token: programs send it as
 * `Authorization: Bearer`, browsers, whose EventSource cannot, hand it in once at /api/login and
 * get an HttpOnly, SameSite=Strict cookie.
 *
 * Everything is told in codes and numbers, so that each reader can say it in its own language
 * (`@zephyr/texts` has the words). Moments are milliseconds since 1970 by the controller's clock;
 * a view measures its own offset from `ApiState.atMs` and never compares with its own clock.
 * No URL with credentials, no token and no text of a conversation ever appears here.
 */
export * from './api/commands.ts';
export * from './api/endpoint.ts';
export * from './api/log.ts';
export * from './api/problem.ts';
export * from './api/state.ts';
