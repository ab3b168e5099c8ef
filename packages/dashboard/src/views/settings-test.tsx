/** What the test of a new endpoint has shown, and what can be done where it does not serve. */
import type { EditAnswer } from '@zephyr/contract/config-edit';
import type { EndpointFinding } from '@zephyr/contract/endpoint-finding';

import { sayInSettings } from '../settings-language.ts';
import { Banner } from './banners.tsx';

export interface ShownTest {
  readonly name: string;
  readonly tested: NonNullable<EditAnswer['tested']>;
}

interface TestResultProps extends ShownTest {
  readonly isBusy: boolean;
  readonly onUse: () => void;
}

export function TestResult({ name, tested, isBusy, onUse }: TestResultProps) {
  const say = sayInSettings.value;
  const { isInService, finding } = tested;
  const outcome = isInService ? 'good' : finding === null ? 'silent' : 'bad';
  return (
    <Banner tone={isInService ? 'quiet' : 'warn'} title={say(`settings.test.${outcome}`, { name })}>
      {finding !== null && factsOf(finding).join(' · ')}{' '}
      {!isInService && (
        <button type="button" disabled={isBusy} onClick={onUse}>
          {say('settings.test.use')}
        </button>
      )}
    </Banner>
  );
}

function factsOf({ serves, refusal, auth, models, streams, countsTokens }: EndpointFinding) {
  const say = sayInSettings.value;
  const yesOrNo = (value: boolean | null, key: 'streams' | 'counts') =>
    value === null ? [] : [say(`settings.test.${value ? '' : 'no_'}${key}`)];
  const isAsked = serves !== 'not_asked';
  const listed =
    models === null
      ? say('settings.test.no_models')
      : say('settings.test.models', { count: models.count, names: models.first.join(', ') });
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
