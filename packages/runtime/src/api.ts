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
import { FAILURE_CLASSES, PROBE_STYLES, REASON_CODES } from '@zephyr/core';
import { z } from 'zod';

const id = z.string().regex(/^[a-z0-9-]+$/);
const moment = z.number();
const duration = z.number().nonnegative();
const count = z.number().int().nonnegative();
const ratio = z.number().min(0).max(1);
const failure = z.enum(FAILURE_CLASSES);
const reason = z.enum(REASON_CODES);

export const modeSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('auto') }),
    z.object({ kind: z.literal('manual'), endpointId: id }),
  ])
  .meta({ id: 'Mode' });

/** See `Selection` in core for the machine. */
export const selectionSchema = z
  .discriminatedUnion('status', [
    /** Nothing has been chosen yet: no controller has decided since Redis was empty. */
    z.object({ status: z.literal('none') }),
    z.object({ status: z.literal('steady'), activeId: id, reason, sinceAtMs: moment }),
    z.object({
      status: z.literal('pending'),
      activeId: id,
      nextId: id,
      reason,
      sinceAtMs: moment,
      deadlineAtMs: moment,
    }),
    z.object({
      status: z.literal('draining'),
      activeId: id,
      drainingId: id,
      reason,
      sinceAtMs: moment,
    }),
  ])
  .meta({ id: 'Selection' });
export type ApiSelection = z.infer<typeof selectionSchema>;

/** The expected time to a good answer, and what it is made of; the parts add up to the total. */
export const scoreSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({
      status: z.literal('known'),
      totalMs: duration,
      /** Smoothed latency of recent probes and live traffic. */
      latencyMs: duration,
      /** What failures are expected to cost: failure ratio times the time that one loses. */
      failureMs: duration,
      /** Added because little or only old data is known. */
      uncertaintyMs: duration,
      /** Weighted share of recent samples that failed. */
      failureRatio: ratio,
      /** Samples that count, after fading. */
      samples: z.number().nonnegative(),
      /** The newest sample. */
      measuredAtMs: moment,
    }),
  ])
  .meta({ id: 'Score' });
export type ApiScore = z.infer<typeof scoreSchema>;

/** One point of the latency chart. */
export const sampleSchema = z
  .object({
    atMs: moment,
    endpointId: id,
    /** `probe`: latency of the API call alone; `live`: time to first token of real requests. */
    source: z.enum(['probe', 'live']),
    verdict: z.discriminatedUnion('status', [
      z.object({ status: z.literal('ok'), latencyMs: duration }),
      z.object({ status: z.literal('failed'), failure }),
    ]),
  })
  .meta({ id: 'Sample' });
export type ApiSample = z.infer<typeof sampleSchema>;

export const UNAVAILABLE_CODES = [
  'disabled',
  'unhealthy',
  'ejected',
  'cooling_down',
  'token_refused',
] as const;

/** Health is from probes only; see CONTRIBUTING.md, "Vocabulary". */
export const healthSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('healthy'), sinceAtMs: moment }),
    z.object({
      status: z.literal('unhealthy'),
      sinceAtMs: moment,
      failure,
      /** Redacted, at most 300 characters. */
      detail: z.string(),
    }),
  ])
  .meta({ id: 'Health' });

/** Time-boxed removal, by outcomes (`ejected`) or because the endpoint asked (`cooling_down`). */
export const removalSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({
      status: z.literal('ejected'),
      failure,
      untilAtMs: moment,
      /** How many times in a row: each one lasts longer. */
      repeats: count,
    }),
    z.object({ status: z.literal('cooling_down'), failure, untilAtMs: moment }),
    /** The time is over; a few requests try whether it is good again. */
    z.object({ status: z.literal('half_open'), failure }),
  ])
  .meta({ id: 'Removal' });

export const PROBE_PACES = [
  'configured',
  'verifying',
  'deciding',
  'high_load',
  'load',
  'idle',
  'unneeded',
] as const;

/** Whether the group's token is taken, a separate axis: the endpoint itself may be well. */
export const tokenAccessSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('accepted') }),
    z.object({ status: z.literal('doubted'), failure }),
    z.object({ status: z.literal('refused'), sinceAtMs: moment, failure }),
  ])
  .meta({ id: 'TokenAccess' });

export const endpointProbeSchema = z
  .object({
    style: z.enum(PROBE_STYLES),
    /** See `ProbePlan` in core. */
    plan: z.discriminatedUnion('status', [
      z.object({
        status: z.literal('scheduled'),
        intervalMs: duration,
        spending: z.enum(['normal', 'cheaper']),
        why: z.enum(PROBE_PACES),
      }),
      z.object({
        status: z.literal('off'),
        why: z.enum(['paused', 'disabled', 'budget_spent']),
      }),
    ]),
    running: z.boolean(),
    /** The next planned check; null while none is planned. */
    nextAtMs: moment.nullable(),
    last: z
      .object({
        atMs: moment,
        wallMs: duration,
        verdict: z.discriminatedUnion('status', [
          z.object({ status: z.literal('ok'), latencyMs: duration }),
          z.object({ status: z.literal('failed'), failure, detail: z.string() }),
        ]),
      })
      .nullable(),
    /** Since midnight UTC. */
    today: z.object({
      probes: count,
      /** Checks that fresh live traffic made unnecessary. */
      saved: count,
      inputTokens: count,
      outputTokens: count,
      costUsd: z.number().nonnegative(),
    }),
  })
  .meta({ id: 'EndpointProbe' });

export const endpointSchema = z
  .object({
    id,
    name: z.string(),
    groupName: z.string(),
    /** Origin and path, without credentials. */
    url: z.string(),
    /** Place in the order of trial, 0 is the active one; null where it may not be tried. */
    rank: count.nullable(),
    enabled: z.boolean(),
    available: z.boolean(),
    /** Why it is not available; empty where it is. */
    unavailable: z.array(z.enum(UNAVAILABLE_CODES)),
    health: healthSchema,
    removal: removalSchema,
    token: tokenAccessSchema,
    score: scoreSchema,
    /** Over probes and live requests of the last ten minutes; null without any. */
    successRatio: ratio.nullable(),
    activeRequests: count,
    sessions: count,
    probe: endpointProbeSchema,
  })
  .meta({ id: 'Endpoint' });
export type ApiEndpoint = z.infer<typeof endpointSchema>;

/** A running Claude Code session, by a pseudonym. */
export const sessionSchema = z
  .object({
    /** A keyed hash of the session: the same while the controller's Redis lives, nothing else. */
    id: z.string(),
    endpointId: id,
    /** Name of the `[[clients]]` key; null where keys are not used. */
    client: z.string().nullable(),
    startedAtMs: moment,
    lastRequestAtMs: moment,
    requests: count,
    activeRequests: count,
    /** Until when the endpoint is expected to keep its prompt cache. */
    cacheUntilAtMs: moment,
  })
  .meta({ id: 'Session' });
export type ApiSession = z.infer<typeof sessionSchema>;

export const REQUEST_PHASES = ['connecting', 'waiting', 'streaming'] as const;

/** A request that is running now. */
export const requestSchema = z
  .object({
    id: z.string(),
    endpointId: id,
    startedAtMs: moment,
    /** `waiting`: sent, no content yet; `streaming`: content has reached the client. */
    phase: z.enum(REQUEST_PHASES),
    /** 1 for the first endpoint that was tried. */
    attempt: count,
    client: z.string().nullable(),
    sessionId: z.string().nullable(),
  })
  .meta({ id: 'Request' });
export type ApiRequest = z.infer<typeof requestSchema>;

/** An endpoint as it looked when a decision was made. */
const consideredSchema = z.object({
  id,
  unavailable: z.array(z.enum(UNAVAILABLE_CODES)),
  score: scoreSchema,
  activeRequests: count,
});

/** See `Trade` in core. */
const tradeSchema = z.object({
  verdict: z.enum(['move', 'stay', 'skip']),
  sessions: count,
  cachedTokens: z.number().nonnegative(),
  rebuildUsd: z.number(),
  rebuildMs: z.number(),
  gainMs: z.number(),
  gainUsd: z.number(),
});

/** See `Decision` in core. */
export const decisionSchema = z
  .object({
    number: count,
    atMs: moment,
    phase: z.enum(['planned', 'switched', 'settled', 'withdrawn', 'skipped']),
    reason,
    fromId: id,
    toId: id,
    /** The kind of the event that led to it. */
    trigger: z.string(),
    /** The failure behind a failure switch. */
    failure: failure.optional(),
    /** Of a latency switch. */
    gain: z
      .object({
        gainMs: z.number(),
        neededMs: z.number(),
        standardErrorMs: duration,
        confirmations: count,
      })
      .optional(),
    /** What moving the running sessions along would cost, against what it would gain. */
    trade: tradeSchema.optional(),
    considered: z.array(consideredSchema),
  })
  .meta({ id: 'Decision' });
export type ApiDecision = z.infer<typeof decisionSchema>;

const aboutEndpoint = { endpointId: id };
const aboutGroup = { groupName: z.string() };

/** See `Notice` in core. */
export const noticeSchema = z
  .discriminatedUnion('code', [
    z.object({ code: z.literal('endpoint_healthy'), ...aboutEndpoint }),
    z.object({
      code: z.literal('endpoint_unhealthy'),
      ...aboutEndpoint,
      failure,
      detail: z.string(),
    }),
    z.object({ code: z.literal('token_refused'), ...aboutEndpoint, failure }),
    z.object({ code: z.literal('token_accepted'), ...aboutEndpoint }),
    z.object({ code: z.literal('overload_began') }),
    z.object({ code: z.literal('overload_ended') }),
    z.object({ code: z.literal('flapping_frozen'), untilAtMs: moment }),
    z.object({ code: z.literal('flapping_thawed') }),
    z.object({ code: z.literal('pin_cleared'), ...aboutEndpoint }),
    z.object({ code: z.literal('pin_unavailable'), ...aboutEndpoint }),
    z.object({ code: z.literal('pin_available'), ...aboutEndpoint }),
    z.object({ code: z.literal('nothing_available') }),
    z.object({ code: z.literal('available_again') }),
    z.object({ code: z.literal('budget_nearly_spent'), ...aboutGroup }),
    z.object({ code: z.literal('budget_spent'), ...aboutGroup }),
    z.object({ code: z.literal('sessions_moved'), ...aboutEndpoint, trade: tradeSchema }),
    z.object({ code: z.literal('late_probe_dropped'), ...aboutEndpoint }),
  ])
  .meta({ id: 'Notice' });
export type ApiNotice = z.infer<typeof noticeSchema>;

const logBase = { id: z.string(), atMs: moment };

/** One line of the event log. */
export const logEntrySchema = z
  .discriminatedUnion('kind', [
    z.object({ ...logBase, kind: z.literal('decision'), decision: decisionSchema }),
    z.object({
      ...logBase,
      kind: z.literal('notice'),
      severity: z.enum(['info', 'warning', 'critical']),
      notice: noticeSchema,
    }),
    z.object({
      ...logBase,
      kind: z.literal('command'),
      command: z.string(),
      /** `loopback`, or the name of the token that was used. */
      actor: z.string(),
      endpointId: id.nullable(),
      outcome: z.enum(['applied', 'refused']),
    }),
    z.object({
      ...logBase,
      kind: z.literal('config'),
      outcome: z.enum(['applied', 'refused']),
      problems: z.array(z.string()),
    }),
    z.object({ ...logBase, kind: z.literal('leader'), instanceId: z.string(), epoch: count }),
    z.object({ ...logBase, kind: z.literal('store'), status: z.enum(['connected', 'away']) }),
  ])
  .meta({ id: 'LogEntry' });
export type ApiLogEntry = z.infer<typeof logEntrySchema>;

export const LOAD_LEVELS = ['idle', 'low', 'medium', 'high'] as const;

/** All that is true now. Lists are bounded; `total` says how many there are. */
export const stateSchema = z
  .object({
    atMs: moment,
    /** This controller's own view of who leads. */
    leadership: z.discriminatedUnion('status', [
      z.object({ status: z.literal('leading'), epoch: count, sinceAtMs: moment }),
      z.object({ status: z.literal('standby'), leaderId: z.string().nullable() }),
    ]),
    /** While Redis is away nothing is decided and what is shown is as old as `sinceAtMs`. */
    store: z.discriminatedUnion('status', [
      z.object({ status: z.literal('connected') }),
      z.object({ status: z.literal('away'), sinceAtMs: moment }),
    ]),
    config: z.discriminatedUnion('status', [
      z.object({ status: z.literal('applied'), hash: z.string(), atMs: moment }),
      /** The file has changed and was refused; the former one is still in use. */
      z.object({
        status: z.literal('refused'),
        hash: z.string(),
        atMs: moment,
        problems: z.array(z.string()),
      }),
    ]),
    language: z.enum(['en', 'zh']),
    proxyPort: count,
    mode: modeSchema,
    /** Pause stops the checks and automatic latency switches; failures still switch. */
    automation: z.discriminatedUnion('status', [
      z.object({ status: z.literal('running') }),
      z.object({ status: z.literal('paused'), sinceAtMs: moment }),
    ]),
    selection: selectionSchema,
    /** The last switch that took effect. */
    lastSwitch: decisionSchema.nullable(),
    /** Why no latency switch is made now. */
    freeze: z.discriminatedUnion('status', [
      z.object({ status: z.literal('none') }),
      z.object({ status: z.literal('flapping'), untilAtMs: moment }),
      /** The model is overloaded on most endpoints: to move would not help. */
      z.object({ status: z.literal('overload') }),
    ]),
    policy: z.object({ switchThresholdMs: duration, dwellMs: duration }),
    load: z.object({ level: z.enum(LOAD_LEVELS), activeRequests: count, requestsPerMinute: count }),
    endpoints: z.array(endpointSchema),
    sessions: z.object({ total: count, items: z.array(sessionSchema).max(200) }),
    requests: z.object({ total: count, items: z.array(requestSchema).max(200) }),
    proxies: z.array(
      z.object({
        id: z.string(),
        status: z.enum(['serving', 'draining']),
        /** Whether it routes by the newest snapshot. */
        current: z.boolean(),
        activeRequests: count,
      }),
    ),
    cost: z.object({
      /** Since midnight UTC, all endpoints. */
      todayUsd: z.number().nonnegative(),
      /** At the present pace until midnight UTC. */
      projectedUsd: z.number().nonnegative(),
      /** What live traffic has saved today. */
      savedUsd: z.number().nonnegative(),
      /** Sum of the groups' daily budgets; null where a group has none. */
      budgetUsd: z.number().nonnegative().nullable(),
    }),
  })
  .meta({ id: 'State' });
export type ApiState = z.infer<typeof stateSchema>;

/** Oldest first. At most 360 samples for each endpoint and 300 entries. */
export const historySchema = z
  .object({ samples: z.array(sampleSchema), log: z.array(logEntrySchema) })
  .meta({ id: 'History' });
export type ApiHistory = z.infer<typeof historySchema>;

export const decisionsSchema = z
  .object({ decisions: z.array(decisionSchema) })
  .meta({ id: 'Decisions' });

/**
 * What `GET /events` sends. First `state`, then `history` (or, when the client named its
 * `Last-Event-ID` and it is still known, the entries since then), then each change:
 *
 * - `state`: the whole ApiState, at most twice a second, and at least every 5 s as a sign of life;
 *   no id, for only the newest one counts.
 * - `history`: ApiHistory.
 * - `sample`: ApiSample. No id: a gap in a chart is harmless.
 * - `log`: ApiLogEntry, its id is the event's id.
 */
export const STREAM_EVENTS = ['state', 'history', 'sample', 'log'] as const;

export const loginSchema = z.strictObject({ token: z.string().min(1).max(500) });

/** Bodies of the commands, by name. */
export const commandSchemas = {
  /** Check one endpoint now, or all. */
  check: z.strictObject({ endpointId: id.optional() }),
  pause: z.strictObject({}),
  resume: z.strictObject({}),
  /** `manual` pins the active endpoint; `select` pins a chosen one. */
  mode: z.strictObject({ kind: z.enum(['auto', 'manual']) }),
  /** Pin an endpoint. One that is not available needs `force`. */
  select: z.strictObject({ endpointId: id, force: z.boolean().optional() }),
  enable: z.strictObject({ endpointId: id }),
  /** The last enabled endpoint needs `force`. */
  disable: z.strictObject({ endpointId: id, force: z.boolean().optional() }),
  /** Let sessions go to the active endpoint with their next request; all, or those of one. */
  'move-sessions': z.strictObject({ fromId: id.optional() }),
  /** Read config.toml again. */
  reload: z.strictObject({}),
} as const;
export type CommandName = keyof typeof commandSchemas;
export type CommandBody<Name extends CommandName> = z.infer<(typeof commandSchemas)[Name]>;

export const COMMAND_NAMES = Object.keys(commandSchemas) as CommandName[];

/** Sent when the command is applied, never before. */
export const commandAnswerSchema = z
  .object({
    command: z.string(),
    /** `unchanged`: it was so already. */
    outcome: z.enum(['applied', 'unchanged']),
    atMs: moment,
    /** The mode before, so that `select` and `mode` can be undone. */
    previousMode: modeSchema,
    /** How many sessions were moved, endpoints are being checked, …; 0 where nothing is counted. */
    affected: count,
  })
  .meta({ id: 'CommandAnswer' });
export type CommandAnswer = z.infer<typeof commandAnswerSchema>;

/** Why a request was refused, with its HTTP status. Stable; `@zephyr/texts` has words for each. */
export const PROBLEMS = {
  invalid_body: 400,
  unauthorized: 401,
  forbidden_origin: 403,
  not_found: 404,
  unknown_endpoint: 404,
  endpoint_disabled: 409,
  endpoint_unavailable: 409,
  last_endpoint: 409,
  budget_spent: 409,
  config_invalid: 422,
  internal: 500,
  not_leading: 503,
  store_away: 503,
  timeout: 504,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z
  .object({
    /** `urn:zephyr:problem:<code>`. */
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(PROBLEM_CODES),
    /** What was wrong with this request. */
    detail: z.string(),
    /** What to do next, one line per step. */
    advice: z.array(z.string()),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
