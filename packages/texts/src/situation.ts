/** The input of the sentences: the part of the admin API's state that they need. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProxyEndpoint } from '@zephyr/contract/status/proxy-status';

import type { FillIn } from './fill-in.ts';
import type { Numbers } from './numbers-and-durations.ts';
import type { ScreenEnglish } from './screen-catalogue.ts';

type LastSwitch = NonNullable<ApiState['lastSwitch']>;

export type DecisionFacts = Pick<LastSwitch, 'phase' | 'reason' | 'fromId' | 'toId' | 'failure'> & {
  readonly gain?: Pick<NonNullable<LastSwitch['gain']>, 'gainMs'> | undefined;
};

export type SelectionFacts = ApiState['selection'];

/** What a proxy knows of an endpoint, plus why it is not available; only the controller knows the rest. */
export type EndpointFacts = Omit<ProxyEndpoint, 'groupName' | 'ejection' | 'health'> &
  Pick<ApiEndpoint, 'unavailable'> & {
    readonly health: Pick<ApiEndpoint['health'], 'status'> & { readonly failure?: FailureClass };
    readonly ejection?: {
      readonly status: ApiEndpoint['ejection']['status'];
      readonly failure?: FailureClass;
    };
    readonly token?: {
      readonly status: ApiEndpoint['token']['status'];
      readonly failure?: FailureClass;
    };
    readonly unavailableSinceAtMs?: number | null;
    readonly presentFailureRatio?: number | null;
    readonly probe?: { readonly last: { readonly verdict: LastVerdict } | null };
  };

type LastVerdict =
  | { readonly status: 'ok' }
  | { readonly status: 'failed'; readonly failure: FailureClass };

export interface Situation extends Pick<ApiState, 'mode' | 'selection' | 'freeze' | 'policy'> {
  readonly automation: Pick<ApiState['automation'], 'status'>;
  readonly lastSwitch: DecisionFacts | null;
  readonly store?: Pick<ApiState['store'], 'status'>;
  readonly endpoints: readonly EndpointFacts[];
}

/** Texts and number formats of one language. */
export interface Speech {
  readonly say: FillIn<ScreenEnglish>;
  readonly numbers: Numbers;
}

/** What sentences about endpoints need of them. */
export interface EndpointNames {
  readonly endpoints: readonly Pick<EndpointFacts, 'id' | 'name'>[];
}

export function nameOf(situation: EndpointNames, id: string): string {
  return situation.endpoints.find((endpoint) => endpoint.id === id)?.name ?? id;
}
