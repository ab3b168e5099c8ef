/** What a survey found out about an endpoint. Pure. */
import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';

import type { FillIn } from './fill-in.ts';
import type { SettingsEnglish } from './settings-catalogue.ts';

type Say = FillIn<SettingsEnglish>;

/** Whom it serves; if nobody, why not and what to do. */
export function surveyVerdict({ serves, refusal }: EndpointFinding, say: Say): string {
  const verdict = say(`survey.serves.${serves}`);
  const isRefused = serves === 'nobody' || serves === 'not_asked';
  if (refusal === null || !isRefused) return verdict;
  const { failure, detail } = refusal;
  return say('survey.refused', {
    ...{ verdict, detail },
    ...{ failure: say(`failure.${failure}`), advice: say(`advice.${failure}`) },
  });
}

/** What else it can do; empty if it was not asked. */
export function surveyFacts(finding: EndpointFinding, say: Say): readonly string[] {
  const { serves, auth, models, canStream, canCountTokens } = finding;
  if (serves === 'not_asked') return [];
  return [
    ...(auth === null ? [] : [say('survey.auth', { auth })]),
    models === null ? say('survey.no_models') : say('survey.models', listed(models)),
    ...(canStream === null ? [] : [say(canStream ? 'survey.streams' : 'survey.no_streams')]),
    ...(canCountTokens === null
      ? []
      : [say(canCountTokens ? 'survey.counts' : 'survey.no_counts')]),
  ];
}

function listed({ count, first }: NonNullable<EndpointFinding['models']>) {
  return { count, names: [...first, ...(count > first.length ? ['…'] : [])].join(', ') };
}
