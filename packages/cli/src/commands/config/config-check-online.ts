/** `zephyr config check --online`: what each endpoint can do, and the lines of TOML that follow from it. */
import type { AuthStyle } from '@zephyr/contract/auth-style';
import { isServing } from '@zephyr/contract/probe/endpoint-finding';
import { cautiousPriceOf, costUsd } from '@zephyr/core';
import { createStartGate } from '@zephyr/probes/claude-cli/start-gate';
import { targetOf } from '@zephyr/probes/endpoint-target';
import type { GatewayKind } from '@zephyr/probes/gateway-kind';
import { type EndpointSurvey, findingOf, surveyEndpoint } from '@zephyr/probes/survey';
import type { EndpointConfig } from '@zephyr/runtime/config/config';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { authStyleOf } from '@zephyr/runtime/credential';
import { numbersOf, surveyFacts, surveyVerdict, type Translate, translator } from '@zephyr/texts';

/** One endpoint; `--json` prints a list of these. */
export interface SurveyedEndpoint extends EndpointSurvey {
  readonly name: string;
  readonly groupName: string;
  readonly costUsd: number;
  /** TOML lines for this endpoint, suggested by its answers. */
  readonly proposals: readonly string[];
}

export interface SurveyCall {
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Limit for slow endpoints, which are then reported as not determined. */
const ONLINE_CHECK_TIMEOUT_MS = 90_000;
/** Longer lists are not worth maintaining by hand. */
const MAX_PROPOSED_MODELS = 40;

/**
 * Surveys all endpoints in parallel; CLIs start one after another.
 * @param isWanted absent: all
 */
export async function surveyEndpoints(
  loaded: LoadedConfig,
  { progress, signal }: SurveyCall,
  isWanted: (endpoint: EndpointConfig) => boolean = () => true,
): Promise<readonly SurveyedEndpoint[]> {
  const say = translator(loaded.config.ui.language);
  const { prices } = loaded.config;
  const endpoints = loaded.config.endpoints.filter(isWanted);
  progress(say('online.asking', { count: endpoints.length }));
  const run = {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ONLINE_CHECK_TIMEOUT_MS)]),
    gate: createStartGate(),
  };
  return await Promise.all(
    endpoints.map(async (endpoint) => {
      const token = loaded.secrets.groupTokens.get(endpoint.groupName)?.reveal() ?? '';
      const auth = authStyleOf(token, endpoint.auth);
      const targetBy = (style: AuthStyle) => targetOf(loaded, { ...endpoint, auth: style }).target;
      const survey = await surveyEndpoint({ auth, targetBy }, run);
      progress(`${endpoint.name}: ${surveyVerdict(findingOf(survey), say)}`);
      const price = cautiousPriceOf(targetBy(auth).model, prices);
      return {
        ...{ name: endpoint.name, groupName: endpoint.groupName, ...survey },
        costUsd: costUsd(survey.usage, price) * endpoint.usdFactor,
        proposals: proposalsFor(endpoint, auth, survey),
      };
    }),
  );
}

/** Pure. @param auth how the token is sent now */
function proposalsFor(
  { models, style }: Pick<EndpointConfig, 'models' | 'style'>,
  auth: AuthStyle,
  survey: EndpointSurvey,
): readonly string[] {
  const listed = (survey.models ?? []).filter((name) => /claude/i.test(name));
  const isShort = listed.length > 0 && listed.length <= MAX_PROPOSED_MODELS;
  return [
    ...(survey.auth === undefined || survey.auth === auth ? [] : [`auth = "${survey.auth}"`]),
    ...(models === undefined && isShort ? [`models = ${JSON.stringify(listed)}`] : []),
    // A plain request would fail.
    ...(survey.serves === 'claude_code' && style === 'messages' ? ['style = "cli"'] : []),
  ];
}

/** For people. */
export function surveyText(
  surveyed: readonly SurveyedEndpoint[],
  { config: { ui } }: LoadedConfig,
): string {
  const say = translator(ui.language);
  const parts = surveyed.map((endpoint) => {
    const facts = factsOf(endpoint, say).map((fact) => `  ${fact}`);
    const { proposals } = endpoint;
    const lines = proposals.length === 0 ? [] : [`  ${say('online.propose')}`];
    return [
      `${isServing(endpoint) ? '✓' : '✗'} ${endpoint.name}: ${surveyVerdict(findingOf(endpoint), say)}`,
      ...facts,
      ...lines,
      ...proposals.map((line) => `    ${line}`),
    ].join('\n');
  });
  const cost = surveyed.reduce((sum, endpoint) => sum + endpoint.costUsd, 0);
  return [...parts, say('online.cost', { cost: numbersOf(ui.language).usd(cost) })].join('\n\n');
}

/** Names that are the same in every language. */
const PRODUCTS: Partial<Record<GatewayKind, string>> = {
  litellm: 'LiteLLM',
  new_api: 'New API',
  one_api: 'One API',
  helicone: 'Helicone',
  cloudflare_gateway: 'Cloudflare AI Gateway',
};

function ownKind(kind: GatewayKind): 'anthropic' | 'zephyr' | 'unknown' {
  return kind === 'anthropic' || kind === 'zephyr' ? kind : 'unknown';
}

function factsOf(survey: SurveyedEndpoint, say: Translate): readonly string[] {
  const { serves, kind } = survey;
  if (serves === 'not_asked') return [];
  return [
    ...surveyFacts(findingOf(survey), say),
    say('online.kind', { kind: PRODUCTS[kind] ?? say(`online.kind.${ownKind(kind)}`) }),
  ];
}
