/** The overall state and, if something is wrong, since when, why, and what to do. Pure. */
import type { FailureClass } from '@zephyr/contract/failure';

import { servingOf } from './sentences.ts';
import type { EndpointFacts, Situation, Speech } from './situation.ts';

/** `none`: nothing has been decided yet. */
export type OverallStatus = 'good' | 'degraded' | 'bad' | 'none';

export interface Overall {
  readonly status: OverallStatus;
  /** Among endpoints not disabled by an operator. */
  readonly available: number;
  readonly total: number;
  /** Start of the trouble; null if there is none, or if unknown. */
  readonly sinceAtMs: number | null;
}

export function overallOf(situation: Situation): Overall {
  const enabled = situation.endpoints.filter((endpoint) => endpoint.enabled);
  const gone = enabled.filter((endpoint) => !endpoint.available);
  const counts = { available: enabled.length - gone.length, total: enabled.length };
  if (situation.selection.status === 'none') return { status: 'none', ...counts, sinceAtMs: null };
  const moments = momentsOf(gone);
  if (servingOf(situation) === undefined) {
    // It began when the last one failed.
    return { status: 'bad', ...counts, sinceAtMs: maximum(moments) };
  }
  const isWell =
    gone.length === 0 &&
    situation.freeze.status !== 'overload' &&
    !isOutdated(situation) &&
    failingIn(situation) === undefined;
  return isWell
    ? { status: 'good', ...counts, sinceAtMs: null }
    : { status: 'degraded', ...counts, sinceAtMs: minimum(moments) };
}

/** Nothing is decided while Redis is away or refuses writes, so all of this may have changed. */
function isOutdated({ store }: Pick<Situation, 'store'>): boolean {
  return store !== undefined && store.status !== 'connected';
}

/** As for the alert ZephyrActiveEndpointDegraded. */
const FAILS_OFTEN = 0.2;

interface Failing {
  readonly name: string;
  readonly ratio: number;
}

/** The serving endpoint, if many of its requests fail now. */
function failingIn(situation: Situation): Failing | undefined {
  const serving = servingOf(situation);
  const ratio = serving?.presentFailureRatio ?? 0;
  return serving === undefined || ratio <= FAILS_OFTEN ? undefined : { name: serving.name, ratio };
}

/** The text if the serving endpoint fails often; otherwise null. */
export function failingText(situation: Situation, { say, numbers }: Speech): string | null {
  const failing = failingIn(situation);
  return failing === undefined
    ? null
    : say('overall.failing', { name: failing.name, ratio: numbers.percent(failing.ratio) });
}

/** "Degraded: 1 of 3 endpoints available since 14:02:11". */
export function overallText(
  situation: Situation,
  { say, numbers }: Speech,
  epochMs: number,
): string {
  const { status, available, total, sinceAtMs } = overallOf(situation);
  if (status === 'none') return say('overall.none');
  if (isOutdated(situation)) return say('overall.outdated', { available, total });
  const text = say(`overall.${status}`, { available, total });
  return sinceAtMs === null
    ? text
    : say('overall.since', { what: text, time: numbers.time(sinceAtMs, epochMs) });
}

/** A problem shared by some endpoints. */
export interface Trouble {
  readonly failure: FailureClass;
  readonly names: readonly string[];
  readonly sinceAtMs: number | null;
}

/** What keeps enabled endpoints from serving, most common first. */
export function troublesOf({ endpoints }: Pick<Situation, 'endpoints'>): readonly Trouble[] {
  const troubled = endpoints.flatMap((endpoint) => {
    const failure = failureOf(endpoint);
    return endpoint.enabled && !endpoint.available && failure !== undefined
      ? [{ failure, endpoint }]
      : [];
  });
  return [...Map.groupBy(troubled, ({ failure }) => failure)]
    .map(([failure, members]) => ({
      failure,
      names: members.map(({ endpoint }) => endpoint.name),
      sinceAtMs: minimum(momentsOf(members.map(({ endpoint }) => endpoint))),
    }))
    .toSorted((left, right) => right.names.length - left.names.length);
}

const MAX_NAMES = 3;

export interface TroubleText {
  /** "backup-eu: connection refused since 14:02:11". */
  readonly what: string;
  readonly advice: string;
}

export function troubleText(
  { failure, names, sinceAtMs }: Trouble,
  { say, numbers }: Speech,
  epochMs: number,
): TroubleText {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const more = names.length - MAX_NAMES;
  const who = more > 0 ? say('overall.more', { names: shown, count: more }) : shown;
  const what = say('overall.trouble', { names: who, failure: say(`failure.${failure}`) });
  return {
    what:
      sinceAtMs === null
        ? what
        : say('overall.since', { what, time: numbers.time(sinceAtMs, epochMs) }),
    advice: say(`advice.${failure}`),
  };
}

/** What is wrong with an endpoint: its token, its probes or its requests, in this order. */
export function failureOf({ token, health, ejection }: TroubleFacts): FailureClass | undefined {
  if (token?.status === 'refused') return token.failure;
  if (health.status === 'unhealthy' && health.failure !== undefined) return health.failure;
  return ejection?.failure;
}

type TroubleFacts = Pick<EndpointFacts, 'token' | 'health' | 'ejection'>;

function momentsOf(endpoints: readonly EndpointFacts[]): readonly number[] {
  return endpoints.flatMap(({ unavailableSinceAtMs }) => unavailableSinceAtMs ?? []);
}

function minimum(moments: readonly number[]): number | null {
  return moments.length === 0 ? null : Math.min(...moments);
}

function maximum(moments: readonly number[]): number | null {
  return moments.length === 0 ? null : Math.max(...moments);
}
