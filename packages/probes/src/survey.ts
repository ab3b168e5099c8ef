/**
 * What an endpoint can do, surveyed once on a person's request: is it reachable, how does it accept the
 * token, which models, does it stream and count tokens, does it accept requests other than Claude Code's own.
 *
 *     reach ──► models (free) ──► one message of one token ──refused──► the other ways to send the token
 *                                         │                                      │ refused too
 *                                         └──► count_tokens (free)               └──► the Claude CLI, unless
 *                                                                        the token is refused for models too
 */
import { AUTH_STYLES, type AuthStyle } from '@zephyr/contract/auth-style';
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import { type EndpointFinding, MAX_LISTED_MODELS } from '@zephyr/contract/probe/endpoint-finding';
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import { NO_USAGE, parsedJson } from '@zephyr/core';
import { z } from 'zod';
import { type GatewayHeaders, type GatewayKind, gatewayKindOf } from './gateway-kind.ts';
import { apiRequest, smallestMessage } from './messages-probe.ts';
import { runProbe } from './probe.ts';
import type { ProbeRun, ProbeTarget } from './probe-target.ts';
import { usageInBody } from './request/answer.ts';
import { requestFailure } from './request/probe-failure.ts';
import { redact } from './request/redact.ts';
import {
  type ObservedRequest,
  type RequestToSend,
  startRequest,
} from './request/watched-request.ts';
import { withDeadline } from './request/with-deadline.ts';

export interface EndpointSurvey {
  /** A connection; for https with TLS. */
  readonly reach: ProbeVerdict;
  /** `claude_code`: only the Claude CLI gets an answer, a plain request does not. */
  readonly serves: EndpointFinding['serves'];
  /** Why a plain request was not served. */
  readonly refusal?: Extract<ProbeVerdict, { status: 'failed' }> | undefined;
  /** How the token is accepted; absent if it never was. */
  readonly auth?: AuthStyle | undefined;
  /** As listed by the endpoint; absent without a list. */
  readonly models?: readonly string[] | undefined;
  readonly canStream?: boolean | undefined;
  readonly canCountTokens?: boolean | undefined;
  readonly kind: GatewayKind;
  readonly usage: AnswerUsage;
}

export interface SurveyPlan {
  /** The configured way to send the token. */
  readonly auth: AuthStyle;
  /** The target with this way to send the token. */
  readonly targetBy: (auth: AuthStyle) => ProbeTarget;
}

/** Per request; the whole survey sends at most seven, and starts the CLI once. */
const REQUEST_TIMEOUT_MS = 10_000;

export async function surveyEndpoint(plan: SurveyPlan, run: ProbeRun): Promise<EndpointSurvey> {
  const configured = shortened(plan.targetBy(plan.auth));
  const { verdict: reach } = await runProbe('tcp', configured, run);
  if (reach.status === 'failed') {
    return { reach, serves: 'not_asked', kind: 'unknown', usage: NO_USAGE };
  }
  const asker = new Asker(run);
  const list = await modelsOf(configured, asker);
  const models = modelsIn(list);
  const message = await askForMessage(plan, asker);
  if (message.refusal !== undefined) {
    const { refusal, auth } = message;
    // Silence does not depend on the form of the request, nor does a token refused for the model list too.
    const isKnownWrong =
      refusal.failure === 'token_refused' && requestFailure(list)?.failure === 'token_refused';
    if (!message.isAnswer || isKnownWrong) {
      return { reach, serves: 'nobody', refusal, models, kind: asker.kind, usage: NO_USAGE };
    }
    const byCli = await runProbe('cli', plan.targetBy(auth), run);
    const isServed = byCli.verdict.status === 'ok';
    return {
      ...{ reach, refusal, models, kind: asker.kind, usage: byCli.usage },
      ...(isServed ? { serves: 'claude_code', auth } : { serves: 'nobody' }),
    };
  }
  const { auth, facts } = message;
  const accepted = auth === plan.auth ? configured : shortened(plan.targetBy(auth));
  const { model, messages } = smallestMessage(accepted);
  const counted = await asker.ask(
    apiRequest(accepted, '/v1/messages/count_tokens', { model, messages }),
  );
  return {
    ...{ reach, serves: 'any_client', auth },
    // With a refused way to send the token, there was no list.
    models: accepted === configured ? models : modelsIn(await modelsOf(accepted, asker)),
    canStream: facts.contentType?.startsWith('text/event-stream') === true,
    canCountTokens: countSchema.safeParse(parsed(counted)).success,
    kind: asker.kind,
    usage: usageInBody(facts.body),
  };
}

/** What people and the admin API are shown of it. */
export function findingOf(survey: EndpointSurvey): EndpointFinding {
  const { serves, reach, models, auth, canStream, canCountTokens } = survey;
  const refusal = reach.status === 'failed' ? reach : survey.refusal;
  return {
    ...{ serves, auth: auth ?? null },
    refusal: refusal === undefined ? null : { failure: refusal.failure, detail: refusal.detail },
    models:
      models === undefined
        ? null
        : { count: models.length, first: models.slice(0, MAX_LISTED_MODELS) },
    ...{ canStream: canStream ?? null, canCountTokens: canCountTokens ?? null },
  };
}

interface RefusedMessage {
  readonly auth: AuthStyle;
  readonly refusal: Extract<ProbeVerdict, { status: 'failed' }>;
  /** Whether the endpoint answered at all. */
  readonly isAnswer: boolean;
}

type MessageAnswer =
  | { readonly auth: AuthStyle; readonly facts: ObservedRequest; readonly refusal?: undefined }
  | RefusedMessage;

/** The configured way first. A refused token is free, so the others are tried. */
async function askForMessage({ auth, targetBy }: SurveyPlan, asker: Asker): Promise<MessageAnswer> {
  let said: RefusedMessage | undefined;
  for (const style of [auth, ...AUTH_STYLES.filter((other) => other !== auth)]) {
    const target = shortened(targetBy(style));
    const facts = await asker.ask(apiRequest(target, '/v1/messages', smallestMessage(target)));
    const failed = requestFailure(facts);
    if (failed === undefined) return { auth: style, facts };
    const { failure } = failed;
    const detail = redact(failed.detail, target.headers.secrets);
    const refused = {
      ...{ auth: style, isAnswer: facts.status !== undefined },
      refusal: { status: 'failed', failure, detail } as const,
    };
    // A failure that is not about the token says more: the token was accepted.
    if (said === undefined || weightOf(refused) > weightOf(said)) said = refused;
    if (weightOf(refused) === 2) break;
  }
  if (said === undefined) throw new Error('there is no way to send a token');
  return said;
}

function weightOf({ refusal: { failure } }: RefusedMessage): 0 | 1 | 2 {
  if (failure === 'token_refused') return 0;
  return failure === 'forbidden' ? 1 : 2;
}

class Asker {
  readonly #run: ProbeRun;
  readonly #answers: GatewayHeaders[] = [];

  constructor(run: ProbeRun) {
    this.#run = run;
  }

  get kind(): GatewayKind {
    return gatewayKindOf(this.#answers);
  }

  ask(request: RequestToSend): Promise<ObservedRequest> {
    const head = ({ headers }: { readonly headers: GatewayHeaders }) => {
      this.#answers.push(headers);
    };
    const { signal, clock } = this.#run;
    const watched = startRequest({ ...request, clock }, { head });
    return withDeadline(watched, { timeoutMs: REQUEST_TIMEOUT_MS, signal, clock });
  }
}

const shortened = (target: ProbeTarget): ProbeTarget => ({
  ...target,
  timeoutMs: Math.min(target.timeoutMs, REQUEST_TIMEOUT_MS),
});

const modelSchema = z.object({ id: z.string().min(1).max(MAX_MODEL_CHARACTERS) });
const listSchema = z.object({ data: z.array(modelSchema).min(1) });
/** Model names are shown in a terminal, which would execute some control characters. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const countSchema = z.object({ input_tokens: z.number() });

function modelsOf(target: ProbeTarget, asker: Asker): Promise<ObservedRequest> {
  return asker.ask(apiRequest(target, '/v1/models?limit=1000'));
}

function modelsIn(facts: ObservedRequest): readonly string[] | undefined {
  const list = listSchema.safeParse(parsed(facts));
  if (!list.success) return undefined;
  return list.data.data.map(({ id }) => id).filter((id) => !UNPRINTABLE.test(id));
}

function parsed({ status, body }: ObservedRequest): unknown {
  return status === 200 ? parsedJson(body) : undefined;
}
