/** The test result of a new endpoint, and what to do if it does not serve. */
import type { EditAnswer } from '@zephyr/contract/operate/config-edit';
import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';
import { surveyFacts, surveyVerdict } from '@zephyr/texts/survey';

import { Banner, Banners } from '../../components/banners.tsx';
import { sayInSettings } from '../../language/settings-language.ts';

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
        {finding !== null && <p>{resultText(finding)}</p>}
        <button type="button" disabled={isBusy} onClick={onUse}>
          {say('settings.test.use')}
        </button>
      </Banner>
    </Banners>
  );
}

/** The text if it serves. */
export function goodTestText({ name, tested: { finding } }: ShownTest): string {
  const title = sayInSettings.value('settings.test.good', { name });
  return finding === null ? title : `${title}: ${resultText(finding)}`;
}

function resultText(finding: EndpointFinding): string {
  const say = sayInSettings.value;
  return [surveyVerdict(finding, say), ...surveyFacts(finding, say)].join(' · ');
}
