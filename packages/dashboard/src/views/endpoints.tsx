/** The list of endpoints, best first: state, score with its parts, trend, traffic, next check. */
import { computed, signal } from '@preact/signals';
import type { ApiEndpoint, ApiState } from '@zephyr/runtime/api';
import { roleOf, roleText } from '@zephyr/texts/screens';

import { busy, keyOf, selectEndpoint } from '../actions.ts';
import { seriesOf } from '../colours.ts';
import { speech } from '../language.ts';
import { nowMs, samples } from '../store.ts';
import { EndpointDetail } from './endpoint-detail.tsx';
import { Icon } from './icon.tsx';
import { ScoreBar } from './score-bar.tsx';
import { Sparkline } from './sparkline.tsx';

/** Endpoints whose details are open. */
const opened = signal<ReadonlySet<string>>(new Set());

/** The slowest of the recent measurements of all endpoints. */
const slowestMs = computed(() => {
  const all = [...samples.value.values()].flatMap((list) => list.slice(-40));
  return Math.max(
    1,
    ...all.map(({ verdict }) => (verdict.status === 'ok' ? verdict.latencyMs : 0)),
  );
});

export function Endpoints({ current }: { readonly current: ApiState }) {
  const { say } = speech.value;
  const maxScoreMs = largestScoreMs(current.endpoints);
  return (
    <section class="panel endpoints" aria-labelledby="endpoints-title" id="endpoints">
      <div class="panel-head">
        <h2 id="endpoints-title">{say('endpoints.title')}</h2>
        <p class="hint keys-hint">{say('endpoints.keys')}</p>
      </div>
      {current.endpoints.length === 0 && <p class="empty">{say('endpoints.empty')}</p>}
      <div class="row head" aria-hidden="true">
        <span>{say('column.endpoint')}</span>
        <span>{say('column.score')}</span>
        <span>{say('column.trend')}</span>
        <span>{say('column.success')}</span>
        <span>{say('column.requests')}</span>
        <span>{say('column.sessions')}</span>
        <span>{say('column.nextCheck')}</span>
        <span />
      </div>
      <ul>
        {inOrder(current).map((endpoint) => (
          <Row key={endpoint.id} endpoint={endpoint} current={current} maxScoreMs={maxScoreMs} />
        ))}
      </ul>
    </section>
  );
}

/** Of those that may serve, if any: one that is down would make all other bars tiny. */
function largestScoreMs(endpoints: readonly ApiEndpoint[]): number {
  const available = endpoints.filter((endpoint) => endpoint.available);
  const compared = available.length === 0 ? endpoints : available;
  return Math.max(
    1,
    ...compared.map(({ score }) => (score.status === 'known' ? score.totalMs : 0)),
  );
}

/** By the order of trial; what may not be tried comes last, in the order of the configuration. */
function inOrder({ endpoints }: ApiState): readonly ApiEndpoint[] {
  return endpoints.toSorted(
    (left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity) || 0,
  );
}

interface RowProps {
  readonly endpoint: ApiEndpoint;
  readonly current: ApiState;
  readonly maxScoreMs: number;
}

function Row({ endpoint, current, maxScoreMs }: RowProps) {
  const { say, numbers } = speech.value;
  const { id, name, successRatio } = endpoint;
  const role = roleOf(endpoint, current.selection);
  const isOpen = opened.value.has(id);
  return (
    <li class={`endpoint ${role}`} data-endpoint={id} data-role={role}>
      <div class="row">
        <div class="who">
          <span class={`badge ${role}`}>
            <Icon name={role} /> {roleText(endpoint, current.selection, say)}
          </span>
          <span class="name">
            <span class={`swatch series-${seriesOf(id)}`} aria-hidden="true" />
            {name}
          </span>
          <StateLine endpoint={endpoint} />
        </div>
        <ScoreBar endpoint={endpoint} maxMs={maxScoreMs} />
        <div class="trend">
          <Sparkline
            endpointId={id}
            samples={samples.value.get(id) ?? []}
            maxMs={slowestMs.value}
          />
        </div>
        <Figure label={say('column.success')}>
          {successRatio === null ? '–' : numbers.percent(successRatio)}
        </Figure>
        <Figure label={say('column.requests')}>{numbers.count(endpoint.activeRequests)}</Figure>
        <Figure label={say('column.sessions')}>{numbers.count(endpoint.sessions)}</Figure>
        <Figure label={say('column.nextCheck')}>{nextCheckText(endpoint)}</Figure>
        <div class="row-actions">
          <UseButton endpoint={endpoint} current={current} />
          <button
            type="button"
            class="plain"
            aria-expanded={isOpen}
            aria-label={say(isOpen ? 'action.hide' : 'action.show', { name })}
            onClick={() => toggle(id)}
          >
            <Icon name="chevron" />
          </button>
        </div>
      </div>
      {isOpen && <EndpointDetail endpoint={endpoint} />}
    </li>
  );
}

function UseButton({ endpoint, current }: Pick<RowProps, 'endpoint' | 'current'>) {
  const { say } = speech.value;
  const { id, name } = endpoint;
  const { mode, selection } = current;
  const isServing = selection.status !== 'none' && selection.activeId === id;
  const isPinned = mode.kind === 'manual' && mode.endpointId === id;
  return (
    <button
      type="button"
      class="use"
      aria-pressed={isPinned}
      disabled={!endpoint.enabled || busy.value.has(keyOf('select', id))}
      onClick={() => {
        if (!isPinned) selectEndpoint(endpoint);
      }}
    >
      {isPinned ? say('state.pinned') : say(isServing ? 'action.pin' : 'action.select')}
      <span class="unseen">: {name}</span>
    </button>
  );
}

function StateLine({ endpoint }: { readonly endpoint: ApiEndpoint }) {
  const { say, numbers } = speech.value;
  const { removal, health, groupName, token } = endpoint;
  const left = (untilAtMs: number) =>
    say('state.left', { left: numbers.duration(untilAtMs - nowMs.value) });
  if (!endpoint.enabled) return <span class="sub">{groupName}</span>;
  if (removal.status === 'ejected' || removal.status === 'cooling_down') {
    const failure = say(`failure.${removal.failure}`);
    return (
      <span class="sub bad-text">
        {say(`state.${removal.status}`, { failure })} · {left(removal.untilAtMs)}
      </span>
    );
  }
  if (token.status === 'refused') {
    return <span class="sub bad-text">{say(`failure.${token.failure}`)}</span>;
  }
  if (health.status === 'unhealthy') {
    const time = numbers.time(health.sinceAtMs, nowMs.value);
    return (
      <span class="sub bad-text">
        {say(`failure.${health.failure}`)} · {say('state.since', { time })}
      </span>
    );
  }
  if (removal.status === 'half_open') {
    const failure = say(`failure.${removal.failure}`);
    return <span class="sub warn-text">{say('state.halfOpen', { failure })}</span>;
  }
  return (
    <span class="sub">
      {groupName} · {say(`health.${health.status}`)}
    </span>
  );
}

function nextCheckText({ probe }: ApiEndpoint): string {
  const { say, numbers } = speech.value;
  if (probe.running) return say('check.now');
  if (probe.plan.status === 'off') {
    return probe.plan.why === 'disabled' ? '–' : say(`probe.${probe.plan.why}`);
  }
  return probe.nextAtMs === null ? '–' : numbers.duration(probe.nextAtMs - nowMs.value);
}

function Figure({ label, children }: { readonly label: string; readonly children: string }) {
  return (
    <div class="figure">
      <span class="label">{label}</span>
      <span class="value">{children}</span>
    </div>
  );
}

function toggle(id: string): void {
  const next = new Set(opened.value);
  if (!next.delete(id)) next.add(id);
  opened.value = next;
}
