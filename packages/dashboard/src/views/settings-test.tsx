/** The test result of a new endpoint, and what to do if it does not serve. */
import type { EditAnswer } from '@zephyr/contract/config-edit';
import type { EndpointFinding } from '@zephyr/contract/endpoint-finding';

import { sayInSettings } from '../settings-language.ts';
import { Banner, Banners } from './banners.tsx';

export interface ShownTest {
  readonly name: string;
  readonly tested: NonNullable<EditAnswer['tested']>;
}

interface TestResultProps extends ShownTest {
  readonly isBusy: boolean;
  readonly onUse: () => void;
}

export function TestResult({ name, tested: { finding }, isBusy, onUse }: TestResultProps) {
  const say = sayInSettings.value;
  const title = say(`settings.test.${finding === null ? 'silent' : 'bad'}`, { name });
  return (
    <Banners>
      <Banner tone="warn" title={title}>
        {finding !== null && <p>{factsOf(finding).join(' · ')}</p>}
        <button type="button" disabled={isBusy} onClick={onUse}>
          {say('settings.test.use')}
        </button>
      </Banner>
    </Banners>
  );
}

/** The text if it serves. */
export function goodTestText({ name, tested: { finding } }: ShownTest): string {
  const facts = finding === null ? [] : factsOf(finding);
  return `${sayInSettings.value('settings.test.good', { name })}: ${facts.join(' · ')}`;
}

function factsOf({ serves, refusal, auth, models, streams, countsTokens }: EndpointFinding) {
  const say = sayInSettings.value;
  const yesOrNo = (value: boolean | null, key: 'streams' | 'counts') =>
    value === null ? [] : [say(`settings.test.${value ? '' : 'no_'}${key}`)];
  const isAsked = serves !== 'not_asked';
  const listed =
    models === null
      ? say('settings.test.no_models')
      : say('settings.test.models', {
          count: models.count,
          names: [...models.first, ...(models.count > models.first.length ? ['…'] : [])].join(', '),
        });
  return [
    say(`settings.test.${serves}`),
    ...(refusal === null
      ? []
      : [
          `${say(`failure.${refusal.failure}`)} (${refusal.detail})`,
          say(`advice.${refusal.failure}`),
        ]),
    ...(auth === null ? [] : [say('settings.test.auth', { auth })]),
    ...(isAsked ? [listed] : []),
    ...yesOrNo(streams, 'streams'),
    ...yesOrNo(countsTokens, 'counts'),
  ];
}
