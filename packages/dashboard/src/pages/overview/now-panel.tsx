/** The overall state at a glance, with actions and key figures. */
import type { ApiState } from '@zephyr/contract/api/api-state';
import { decisionText, nextOf, soonestProbeText } from '@zephyr/texts/screens';

import { Icon } from '../../components/icon.tsx';
import { Fact, Now } from '../../components/now.tsx';
import { WhyButton } from '../../components/why-button.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { speech } from '../../language/language.ts';
import { actionKey, busy, probeNow, setMode, togglePause } from '../../state/actions.ts';

export function NowPanel({ current }: { readonly current: ApiState }) {
  return (
    <Now
      situation={current}
      next={nextOf(current, speech.value, controllerEpochMs.value)}
      why={<LastSwitch current={current} />}
      controls={<Controls current={current} />}
      facts={<Facts current={current} />}
    />
  );
}

/** The reasons for the decision behind the current state. */
function LastSwitch({ current }: { readonly current: ApiState }) {
  const { lastSwitch } = current;
  if (lastSwitch === null) return null;
  return (
    <WhyButton decision={lastSwitch} about={decisionText(lastSwitch, current, speech.value)} />
  );
}

function Controls({ current }: { readonly current: ApiState }) {
  const { say } = speech.value;
  const isPaused = current.automation.status === 'paused';
  const { kind } = current.mode;
  return (
    <div class="controls">
      <fieldset class="segmented">
        <legend class="unseen">{say('fact.mode')}</legend>
        {(['auto', 'manual'] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={kind === each}
            aria-keyshortcuts="M"
            disabled={busy.value.has(actionKey(each === 'auto' ? 'unpin' : 'pin'))}
            onClick={() => setMode(each)}
          >
            {say(`action.${each}`)}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        aria-keyshortcuts="R"
        disabled={busy.value.has(actionKey('probe'))}
        onClick={() => probeNow()}
      >
        <Icon name="probe" /> {say('action.probe')} <Key name="R" />
      </button>
      <button
        type="button"
        aria-keyshortcuts="P"
        disabled={busy.value.has(actionKey(isPaused ? 'resume' : 'pause'))}
        onClick={togglePause}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        {say(isPaused ? 'action.resume' : 'action.pause')} <Key name="P" />
      </button>
    </div>
  );
}

/** Screen readers get it from `aria-keyshortcuts`. */
function Key({ name }: { readonly name: string }) {
  return (
    <span class="key" aria-hidden="true">
      {name}
    </span>
  );
}

function Facts({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { load, requests, sessions, cost, proxies } = current;
  const behind = proxies.filter((proxy) => !proxy.isCurrent).length;
  return (
    <>
      <Fact label={say('fact.requests')} value={numbers.count(requests.total)}>
        {say('fact.perMinute', { count: numbers.count(load.requestsPerMinute) })}
      </Fact>
      <Fact label={say('fact.load')} value={say(`load.${load.level}`)} />
      <Fact label={say('fact.sessions')} value={numbers.count(sessions.total)} />
      <Fact
        label={say('fact.nextProbe')}
        value={soonestProbeText(current, speech.value, controllerEpochMs.value)}
      />
      <Fact label={say('fact.cost')} value={numbers.usd(cost.todayUsd)}>
        {cost.budgetUsd === null ? undefined : `/ ${numbers.usd(cost.budgetUsd)}`}
      </Fact>
      <Fact label={say('fact.proxies')} value={numbers.count(proxies.length)}>
        {behind === 0 ? undefined : say('fact.proxies.behind', { count: behind })}
      </Fact>
    </>
  );
}
