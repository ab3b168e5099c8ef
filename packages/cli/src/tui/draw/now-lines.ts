/** The first lines: overall state, serving endpoint, reason, what comes next. Pure. */
import type { ApiState } from '@zephyr/contract/api/api-state';
import {
  failingText,
  headlineOf,
  nextOf,
  type OverallStatus,
  overallOf,
  overallText,
  type Speech,
  servingOf,
  soonestProbeText,
  troublesOf,
  troubleText,
  whyOf,
} from '@zephyr/texts';
import type { TextProps } from 'ink';
import stringWidth from 'string-width';

import { packed, wrapped } from './fit.ts';

export interface NowLine {
  readonly text: string;
  readonly props: TextProps;
  /** Right-aligned on the same line. */
  readonly end?: string;
}

export interface NowOptions {
  readonly state: ApiState;
  readonly epochMs: number;
  readonly speech: Speech;
  /** Of a line. */
  readonly width: number;
  /** Sentences may take several lines. */
  readonly isRoomy: boolean;
}

const COLOURS: Readonly<Record<OverallStatus, string>> = {
  good: 'green',
  degraded: 'yellow',
  bad: 'red',
  none: 'yellow',
};
const MAX_TROUBLES = 3;

export function nowLines(options: NowOptions): readonly NowLine[] {
  const { state, epochMs, speech, width, isRoomy } = options;
  const next = nextOf(state, speech, epochMs);
  const maxLines = isRoomy ? 2 : 1;
  const sentence = (text: string, props: TextProps = {}): readonly NowLine[] =>
    wrapped(text, width, maxLines).map((each) => ({ text: each, props }));
  const failing = failingText(state, speech);
  const troubles = troublesOf(state).slice(0, isRoomy ? MAX_TROUBLES : 1);
  return [
    ...headlines(options),
    ...sentence(whyOf(state, speech)),
    ...(next === '' ? [] : sentence(`→ ${next}`, { dimColor: true })),
    ...(failing === null ? [] : sentence(`× ${failing}`, { color: 'red' })),
    ...troubles.flatMap((trouble) => {
      const text = speech.say('overall.advice', troubleText(trouble, speech, epochMs));
      return sentence(`× ${text}`, { color: 'red' });
    }),
    ...packed(factsOf(state, epochMs, speech), width, maxLines).map((text) => ({
      text,
      props: {},
    })),
  ];
}

function headlines({ state, epochMs, speech, width, isRoomy }: NowOptions): readonly NowLine[] {
  const { status } = overallOf(state);
  const props: TextProps = { bold: true, color: COLOURS[status] };
  const text = headlineOf(state, speech.say);
  const end = overallText(state, speech, epochMs);
  if (stringWidth(text) + 2 + stringWidth(end) <= width) return [{ text, props, end }];
  const [first = ''] = wrapped(text, width, 1);
  const overall = wrapped(end, width, isRoomy ? 2 : 1);
  return [
    ...overall.map((each) => ({ text: each, props })),
    { text: first, props: { bold: true } },
  ];
}

function factsOf(state: ApiState, epochMs: number, speech: Speech): readonly string[] {
  const { say, numbers } = speech;
  const { cost } = state;
  return [
    `${say('column.requests')} ${numbers.count(state.requests.total)}`,
    `${say('fact.sessions')} ${numbers.count(state.sessions.total)}`,
    `${say('fact.nextProbe')} ${soonestProbeText(state, speech, epochMs)}`,
    `${say('fact.load')} ${say(`load.${state.load.level}`)}`,
    `${say('column.cost')} ${numbers.usd(cost.todayUsd)} (${say('cost.projected.short')} ${numbers.usd(cost.projectedUsd)})`,
    ...limitOf(state, epochMs, speech),
  ];
}

/** The remainder of the serving endpoint's nearest rate limit, if it reports any. */
function limitOf(state: ApiState, epochMs: number, { say, numbers }: Speech): readonly string[] {
  const serving = state.endpoints.find(({ id }) => id === servingOf(state)?.id);
  const limits = serving?.rateLimits ?? [];
  const [nearest] = limits.toSorted((a, b) => a.remainingShare - b.remainingShare);
  if (nearest === undefined) return [];
  const share = numbers.percent(nearest.remainingShare);
  const duration = numbers.duration(Math.max(0, nearest.resetsAtMs - epochMs));
  return [say('limit.left', { kind: say(`limit.${nearest.kind}`), share, duration })];
}
