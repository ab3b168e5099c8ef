/** The OpenAPI 3.1 document, generated from the schemas used for validation. */

import { decisionsSchema, historySchema } from '@zephyr/contract/api/api-history';
import { QUERIES } from '@zephyr/contract/api/api-query';
import { commandPath, editPath, ROUTES, type RouteName } from '@zephyr/contract/api/api-routes';
import { apiStateSchema } from '@zephyr/contract/api/api-state';
import { loginSchema } from '@zephyr/contract/api/login';
import { STORED_REQUESTS } from '@zephyr/contract/history/history-size';
import { trendsSchema } from '@zephyr/contract/history/rollup';
import {
  EDIT_NAMES,
  EDITS,
  editAnswerSchema,
  settingsSchema,
} from '@zephyr/contract/operate/config-edit';
import {
  COMMAND_NAMES,
  COMMANDS,
  commandAnswerSchema,
} from '@zephyr/contract/operate/operator-command';
import { PROBLEMS, type ProblemCode, problemSchema } from '@zephyr/contract/operate/problem';
import { budgetListSchema } from '@zephyr/contract/usage/people-limits';
import { requestListSchema, usageReportSchema } from '@zephyr/contract/usage/usage';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** Problems of every address that requires the token. */
const GUARDED = ['unauthorized', 'forbidden_origin'] as const;
const BODY = ['invalid_body', 'body_too_large', 'wrong_content_type'] as const;

/** One response per status, with the codes that it can carry. */
function problems(...codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.join(', '),
        content: { [PROBLEM_TYPE]: { schema: narrowed(ofStatus) } },
      },
    ]),
  );
}

const narrowed = (codes: readonly ProblemCode[]) => ({
  allOf: [
    { $ref: '#/components/schemas/Problem' },
    { type: 'object' as const, properties: { code: { enum: [...codes] } } },
  ],
});

const answers = (description: string, schema: z.ZodType) => ({
  '200': { description, content: { [JSON_TYPE]: { schema } } },
});

const commandPaths: ZodOpenApiPathsObject = Object.fromEntries(
  COMMAND_NAMES.map((name) => [
    commandPath(name),
    {
      post: {
        operationId: `command-${name}`,
        summary: COMMANDS[name].summary,
        requestBody: { required: true, content: { [JSON_TYPE]: { schema: COMMANDS[name].body } } },
        responses: {
          ...answers('The command is applied', commandAnswerSchema),
          ...problems(...GUARDED, ...BODY, ...COMMANDS[name].refusals, 'store_away', 'timeout'),
        },
      },
    },
  ]),
);

const editPaths: ZodOpenApiPathsObject = Object.fromEntries(
  EDIT_NAMES.map((name) => [
    editPath(name),
    {
      post: {
        operationId: `edit-${name}`,
        summary: EDITS[name].summary,
        security: [{ bearer: [] }, { session: [] }],
        requestBody: { required: true, content: { [JSON_TYPE]: { schema: EDITS[name].body } } },
        responses: {
          ...answers('config.toml is changed and reloaded', editAnswerSchema),
          ...problems(
            ...GUARDED,
            ...BODY,
            'edit_refused',
            'config_invalid',
            'store_away',
            'timeout',
          ),
        },
      },
    },
  ]),
);

/** Id, path, method and query come from the contract. */
const OPERATIONS: Readonly<Record<RouteName, ZodOpenApiOperationObject>> = {
  state: {
    summary: 'All that is true now',
    responses: {
      ...answers('The state', apiStateSchema),
      ...problems(...GUARDED, 'not_leading'),
    },
  },
  history: {
    summary: 'Samples of the charts and the event log, oldest first',
    responses: {
      ...answers('The history', historySchema),
      ...problems(...GUARDED, 'store_away'),
    },
  },
  trends: {
    summary: 'Availability, latency and switches of the last hours or days, oldest first',
    responses: {
      ...answers('The hours or days', trendsSchema),
      ...problems(...GUARDED, 'invalid_query', 'store_away'),
    },
  },
  decisions: {
    summary: 'Decisions with their inputs, newest first',
    responses: {
      ...answers('The decisions', decisionsSchema),
      ...problems(...GUARDED, 'store_away'),
    },
  },
  recording: {
    summary: 'What the last hours were decided by, for zephyr replay',
    responses: {
      '200': {
        description: 'JSON lines: the world at the beginning, then each input',
        content: { 'application/jsonl': { schema: z.string() } },
      },
      ...problems(...GUARDED, 'store_away'),
    },
  },
  settings: {
    summary: 'Who may use the proxy, the endpoints, and whether they can be edited here',
    responses: {
      ...answers('What config.toml says', settingsSchema),
      ...problems(...GUARDED, 'config_invalid'),
    },
  },
  usage: {
    summary: 'Who used what: requests, tokens and cost',
    responses: {
      ...answers('The rows, and their total', usageReportSchema),
      ...problems(...GUARDED, 'invalid_query', 'store_away'),
    },
  },
  'usage-csv': {
    summary: 'The same rows, for other programs',
    responses: {
      '200': {
        description: 'A line with the names of the columns, then one for each row',
        content: { 'text/csv': { schema: z.string() } },
      },
      ...problems(...GUARDED, 'invalid_query', 'store_away'),
    },
  },
  budgets: {
    summary: 'What people and teams have left of their budgets',
    responses: {
      ...answers('The budgets; empty if nobody has one', budgetListSchema),
      ...problems(...GUARDED, 'store_away'),
    },
  },
  requests: {
    summary: `The last requests, newest first, of the last ${STORED_REQUESTS.toLocaleString('en')}`,
    responses: {
      ...answers('The requests', requestListSchema),
      ...problems(...GUARDED, 'invalid_query', 'store_away'),
    },
  },
  events: {
    summary: 'Server-sent events: state, history, sample, log, and request where asked for',
    requestParams: {
      header: z.object({
        'Last-Event-ID': z
          .string()
          .optional()
          .meta({ description: 'Continue after this entry of the event log' }),
      }),
    },
    responses: {
      '200': {
        description: 'The stream',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      ...problems(...GUARDED, 'invalid_query', 'too_many_streams'),
    },
  },
  login: {
    summary: 'Give the admin token for a session cookie',
    security: [{}],
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: loginSchema } } },
    responses: {
      '204': { description: 'The cookie is set, where one is needed' },
      ...problems(...GUARDED, ...BODY),
    },
  },
};

const QUERY_BY_ROUTE: { readonly [Name in RouteName]?: z.ZodObject } = QUERIES;

const routePaths: ZodOpenApiPathsObject = Object.fromEntries(
  (Object.keys(ROUTES) as RouteName[]).map((name) => {
    const { method, path } = ROUTES[name];
    const { requestParams, ...operation } = OPERATIONS[name];
    const query = QUERY_BY_ROUTE[name];
    const params = { ...requestParams, ...(query === undefined ? {} : { query }) };
    return [path, { [method]: { operationId: name, requestParams: params, ...operation } }];
  }),
);

export function openApiDocument(): object {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Claude Zephyr admin API',
      version: '1.0.0',
      description:
        `See and steer. Off loopback every address but ${ROUTES.login.path} needs the admin token, as a ` +
        `bearer or as the cookie set by ${ROUTES.login.path}. An unknown address returns 404, ` +
        'another method 405 with Allow, an internal error 500: each as a Problem.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This controller' }],
    security: [{}, { bearer: [] }, { session: [] }],
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'zephyr_session' },
      },
    },
    paths: { ...routePaths, ...commandPaths, ...editPaths },
  });
}
