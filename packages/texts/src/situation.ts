/**
 * What the sentences are made of: the part of the admin API's state that they need. Declared here
 * by shape, because this package imports nothing; the API's types fit it.
 */
import type { FillIn } from './fill-in.ts';
import type { Numbers } from './numbers.ts';
import type { ScreenEnglish, ScreenTextKey } from './screen-catalogue.ts';

type CodeOf<Area extends string> =
  Extract<ScreenTextKey, `${Area}.${string}`> extends `${Area}.${infer Code}` ? Code : never;

export type FailureCode = CodeOf<'failure'>;
export type ReasonCode = CodeOf<'reason'>;
export type UnavailableCode = CodeOf<'unavailable'>;

export interface DecisionFacts {
  readonly phase: 'planned' | 'switched' | 'settled' | 'withdrawn';
  readonly reason: ReasonCode;
  readonly fromId: string;
  readonly toId: string;
  readonly failure?: FailureCode | undefined;
  readonly gain?: { readonly gainMs: number } | undefined;
}

export type SelectionFacts =
  | { readonly status: 'none' }
  | {
      readonly status: 'steady';
      readonly activeId: string;
      readonly reason: ReasonCode;
      readonly sinceAtMs: number;
    }
  | {
      readonly status: 'pending';
      readonly activeId: string;
      readonly nextId: string;
      readonly reason: ReasonCode;
      readonly sinceAtMs: number;
      readonly deadlineAtMs: number;
    }
  | {
      readonly status: 'draining';
      readonly activeId: string;
      readonly drainingId: string;
      readonly reason: ReasonCode;
      readonly sinceAtMs: number;
    };

export interface EndpointFacts {
  readonly id: string;
  readonly name: string;
  readonly rank: number | null;
  readonly enabled: boolean;
  readonly available: boolean;
  readonly unavailable: readonly UnavailableCode[];
  readonly health: { readonly status: 'unknown' | 'healthy' | 'unhealthy' };
  readonly score:
    | { readonly status: 'unknown' }
    | { readonly status: 'known'; readonly totalMs: number };
  readonly activeRequests: number;
}

export interface Situation {
  readonly mode:
    | { readonly kind: 'auto' }
    | { readonly kind: 'manual'; readonly endpointId: string };
  readonly automation: { readonly status: 'running' | 'paused' };
  readonly selection: SelectionFacts;
  readonly lastSwitch: DecisionFacts | null;
  readonly freeze:
    | { readonly status: 'none' | 'overload' }
    | { readonly status: 'flapping'; readonly untilAtMs: number };
  readonly policy: { readonly switchThresholdMs: number; readonly dwellMs: number };
  readonly endpoints: readonly EndpointFacts[];
}

/** The words and numbers of one language. */
export interface Speech {
  readonly say: FillIn<ScreenEnglish>;
  readonly numbers: Numbers;
}

export function nameOf(situation: Pick<Situation, 'endpoints'>, id: string): string {
  return situation.endpoints.find((endpoint) => endpoint.id === id)?.name ?? id;
}
