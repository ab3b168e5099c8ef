/** The OpenAPI 3.1 document, from the schemas that validate. */
import {
  COMMAND_NAMES,
  commandAnswerSchema,
  commandSchemas,
  decisionsSchema,
  historySchema,
  loginSchema,
  PROBLEMS,
  problemSchema,
  stateSchema,
} from '@zephyr/runtime/api';
import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';

const JSON_TYPE = 'application/json';

const COMMAND_HELP = {
  check: 'Check one endpoint now, or all',
  pause: 'Stop checks and switches for speed; failures still switch',
  resume: 'End the pause',
  mode: 'Choose the endpoint automatically, or pin the active one',
  select: 'Pin an endpoint',
  enable: 'Take an endpoint into service',
  disable: 'Take an endpoint out of service',
  'move-sessions': 'Let running sessions go to the active endpoint with their next request',
  reload: 'Read the configuration again',
} as const satisfies Record<(typeof COMMAND_NAMES)[number], string>;

const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: Object.entries(PROBLEMS)
          .filter(([, of]) => of === status)
          .map(([code]) => code)
          .join(', '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );

const answers = (description: string, schema: z.ZodType) => ({
  '200': { description, content: { [JSON_TYPE]: { schema } } },
});

const commandPaths: ZodOpenApiPathsObject = Object.fromEntries(
  COMMAND_NAMES.map((name) => [
    `/api/commands/${name}`,
    {
      post: {
        operationId: `command-${name}`,
        summary: COMMAND_HELP[name],
        requestBody: { required: true, content: { [JSON_TYPE]: { schema: commandSchemas[name] } } },
        responses: {
          ...answers('The command is applied', commandAnswerSchema),
          ...problems(400, 401, 403, 404, 409, 422, 503, 504),
        },
      },
    },
  ]),
);

export function openApiDocument(): object {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Claude Zephyr admin API',
      version: '1.0.0',
      description:
        'See and steer. Off loopback every address but /api/login needs the admin token, as a ' +
        'bearer or as the cookie that /api/login gives.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This controller' }],
    security: [{}, { bearer: [] }, { session: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'zephyr_session' },
      },
    },
    paths: {
      '/api/state': {
        get: {
          operationId: 'state',
          summary: 'All that is true now',
          responses: { ...answers('The state', stateSchema), ...problems(401, 403, 503) },
        },
      },
      '/api/history': {
        get: {
          operationId: 'history',
          summary: 'Samples of the charts and the event log, oldest first',
          responses: { ...answers('The history', historySchema), ...problems(401, 403, 503) },
        },
      },
      '/api/decisions': {
        get: {
          operationId: 'decisions',
          summary: 'Decisions with their inputs, newest first',
          responses: { ...answers('The decisions', decisionsSchema), ...problems(401, 403, 503) },
        },
      },
      '/api/recording': {
        get: {
          operationId: 'recording',
          summary: 'What the last hours were decided by, for zephyr replay',
          responses: {
            '200': {
              description: 'JSON lines: the world at the beginning, then each input',
              content: { 'application/jsonl': { schema: z.string() } },
            },
            ...problems(401, 403, 503),
          },
        },
      },
      '/events': {
        get: {
          operationId: 'events',
          summary: 'Server-sent events: state, history, sample, log',
          requestParams: {
            header: z.object({
              'Last-Event-ID': z
                .string()
                .optional()
                .meta({ description: 'Go on after this entry of the event log' }),
            }),
          },
          responses: {
            '200': {
              description: 'The stream',
              content: { 'text/event-stream': { schema: z.string() } },
            },
            ...problems(401, 403),
          },
        },
      },
      '/api/login': {
        post: {
          operationId: 'login',
          summary: 'Give the admin token for a session cookie',
          security: [{}],
          requestBody: { required: true, content: { [JSON_TYPE]: { schema: loginSchema } } },
          responses: {
            '204': { description: 'The cookie is set, where one is needed' },
            ...problems(400, 401, 403),
          },
        },
      },
      ...commandPaths,
    },
  });
}
