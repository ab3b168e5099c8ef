/** The answer in two seconds: which endpoint serves, why, and what happens next. */
import type { ApiState } from '@zephyr/runtime/api';
import { headlineOf, nextOf, servingOf, whyOf } from '@zephyr/texts/screens';
import type { ComponentChildren } from 'preact';

import { busy, checkNow, keyOf, setMode, togglePause } from '../actions.ts';
import { speech } from '../language.ts';
import { nowMs, state } from '../store.ts';
import { Icon } from './icon.tsx';

export function NowPanel({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { selection } = current;
  const isDown = selection.status !== 'none' && servingOf(current) === undefined;
  const tone = isDown ? 'bad' : selection.status === 'none' ? 'quiet' : 'good';
  const next = nextOf(current, speech.value, nowMs.value);
  return (
    <section class={`now ${tone}`} aria-labelledby="now-title">
      <div>
        <p class="eyebrow">{say('now.title')}</p>
        <h2 id="now-title">
          <span class="beacon" aria-hidden="true" />
          {headlineOf(current, say)}
        </h2>
      </div>
      <Controls current={current} />
      <div class="now-text">
        <p class="why">
          {whyOf(current, speech.value)}{' '}
          {selection.status !== 'none' && !isDown && (
            <span class="since">
              {say('now.since', { time: numbers.time(selection.sinceAtMs, nowMs.value) })}
            </span>
          )}
        </p>
        {next !== '' && (
          <p class="next">
            <Icon name="next" /> {next}
          </p>
        )}
        <PendingBar current={current} />
      </div>
      <Facts current={current} />
    </section>
  );
}

/** How much of the longest wait of a pending switch has passed. */
function PendingBar({ current }: { readonly current: ApiState }) {
  const { selection } = current;
  if (selection.status !== 'pending') return null;
  const wholeMs = Math.max(1, selection.deadlineAtMs - selection.sinceAtMs);
  const passed = Math.min(1, Math.max(0, (nowMs.value - selection.sinceAtMs) / wholeMs));
  return <progress class="pending" max={1} value={passed} aria-labelledby="now-title" />;
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
            disabled={busy.value.has(keyOf('mode'))}
            onClick={() => setMode(each)}
          >
            {say(`action.${each}`)}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        aria-keyshortcuts="R"
        disabled={busy.value.has(keyOf('check'))}
        onClick={() => checkNow()}
      >
        <Icon name="check" /> {say('action.check')} <Key name="R" />
      </button>
      <button
        type="button"
        aria-keyshortcuts="P"
        disabled={busy.value.has(keyOf(isPaused ? 'resume' : 'pause'))}
        onClick={togglePause}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        {say(isPaused ? 'action.resume' : 'action.pause')} <Key name="P" />
      </button>
    </div>
  );
}

/** Said by `aria-keyshortcuts` to those who do not see it. */
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
  const behind = proxies.filter((proxy) => !proxy.current).length;
  return (
    <dl class="facts">
      <Fact label={say('fact.requests')} value={numbers.count(requests.total)}>
        {say('fact.perMinute', { count: numbers.count(load.requestsPerMinute) })}
      </Fact>
      <Fact label={say('fact.load')} value={say(`load.${load.level}`)} />
      <Fact label={say('fact.sessions')} value={numbers.count(sessions.total)} />
      <Fact label={say('fact.nextCheck')} value={nextCheckText(current)} />
      <Fact label={say('fact.cost')} value={numbers.usd(cost.todayUsd)}>
        {cost.budgetUsd === null ? undefined : `/ ${numbers.usd(cost.budgetUsd)}`}
      </Fact>
      <Fact label={say('fact.proxies')} value={numbers.count(proxies.length)}>
        {behind === 0 ? undefined : say('fact.proxies.behind', { count: behind })}
      </Fact>
    </dl>
  );
}

function nextCheckText(current: ApiState): string {
  const { say, numbers } = speech.value;
  if (current.automation.status === 'paused') return say('probe.paused');
  if (current.endpoints.some(({ probe }) => probe.running)) return say('check.now');
  const moments = current.endpoints.flatMap(({ probe }) => probe.nextAtMs ?? []);
  return moments.length === 0 ? '–' : numbers.duration(Math.min(...moments) - nowMs.value);
}

interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly children?: ComponentChildren;
}

function Fact({ label, value, children }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {value}
        {children !== undefined && <small>{children}</small>}
      </dd>
    </div>
  );
}

/** Before the first state: the shape of what comes, so that nothing jumps. */
export function NowPlaceholder() {
  const { say } = speech.value;
  return state.value === null ? (
    <section class="now quiet" aria-busy="true" aria-labelledby="now-title">
      <div>
        <p class="eyebrow">{say('now.title')}</p>
        <h2 id="now-title">{say('link.connecting')}</h2>
        <p class="why">{say('link.connecting.detail')}</p>
      </div>
    </section>
  ) : null;
}
