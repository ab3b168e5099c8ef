/** The addresses of the admin API. Imports only types, so that the browser may load it. */

import type { EditName } from '../operate/config-edit.ts';
import type { CommandName } from '../operate/operator-command.ts';
import type { ApiQueries } from './api-query.ts';

interface ApiRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
}

/** By operation id of the OpenAPI document. Commands and edits have one each: `commandPath`, `editPath`. */
export const ROUTES = {
  state: { method: 'get', path: '/api/state' },
  history: { method: 'get', path: '/api/history' },
  trends: { method: 'get', path: '/api/trends' },
  decisions: { method: 'get', path: '/api/decisions' },
  recording: { method: 'get', path: '/api/recording' },
  settings: { method: 'get', path: '/api/settings' },
  usage: { method: 'get', path: '/api/usage' },
  'usage-csv': { method: 'get', path: '/api/usage.csv' },
  budgets: { method: 'get', path: '/api/budgets' },
  requests: { method: 'get', path: '/api/requests' },
  events: { method: 'get', path: '/events' },
  login: { method: 'post', path: '/api/login' },
} as const satisfies Readonly<Record<string, ApiRoute>>;
export type RouteName = keyof typeof ROUTES;

export const commandPath = (name: CommandName) => `/api/commands/${name}`;
export const editPath = (name: EditName) => `/api/edits/${name}`;

type QueryOf<Name extends RouteName> = Name extends keyof ApiQueries
  ? ApiQueries[Name]
  : Readonly<Record<string, never>>;

/** The path of a route with its query; an undefined parameter is left out. */
export function apiAddress<Name extends RouteName>(name: Name, query?: QueryOf<Name>): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const texts = given.map(([key, value]): [string, string] => [key, String(value)]);
  const params = new URLSearchParams(texts);
  const { path } = ROUTES[name];
  return params.size === 0 ? path : `${path}?${params}`;
}
