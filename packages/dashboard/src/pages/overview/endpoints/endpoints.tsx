/** The list of endpoints, best first: state, score with its parts, trend, traffic, next probe. */

import { computed, signal } from '@preact/signals';
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { nextProbeText, roleOf } from '@zephyr/texts/screens';

import { Figure, Who } from '../../../components/endpoint-parts.tsx';
import { Icon } from '../../../components/icon.tsx';
import { maxScoreMsOf, ScoreBar } from '../../../components/score-bar.tsx';
import { controllerEpochMs } from '../../../connection/page-state.ts';
import { ratioText, speech } from '../../../language/language.ts';
import { actionKey, busy, pinEndpoint } from '../../../state/actions.ts';
import { samples } from '../../../state/store.ts';
import { EndpointDetail } from './endpoint-detail.tsx';
import { EndpointFilters, endpointFilter, endpointOrder } from './endpoint-filters.tsx';
import { type EndpointGroup, groupsOf, listedEndpoints, MANY_ENDPOINTS } from './endpoint-list.ts';
import { Sparkline } from './sparkline.tsx';

/** Endpoints whose details are open. */
const opened = signal<ReadonlySet<string>>(new Set());

/** The slowest recent measurement of all endpoints. */
const slowestMs = computed(() => {
  const all = [...samples.value.values()].flatMap((list) => list.slice(-40));
  return Math.max(
    1,
    ...all.map(({ verdict }) => (verdict.status === 'ok' ? verdict.latencyMs : 0)),
  );
});

export function Endpoints({ current }: { readonly current: ApiState }) {
  const { say } = speech.value;
  const maxScoreMs = maxScoreMsOf(current.endpoints);
  const isMany = current.endpoints.length >= MANY_ENDPOINTS;
  const order = isMany ? endpointOrder.value : 'trial';
  const filter = isMany ? endpointFilter.value : '';
  const listed = listedEndpoints(current.endpoints, { filter, order });
  return (
    <section
      class={`panel endpoints ${isMany ? 'dense' : ''}`}
      aria-labelledby="endpoints-title"
      id="endpoints"
    >
      <div class="panel-head">
        <h2 id="endpoints-title">{say('endpoints.title')}</h2>
        {isMany && <EndpointFilters />}
        <p class="hint keys-hint">{say('endpoints.keys')}</p>
      </div>
      {current.endpoints.length === 0 && <p class="empty">{say('endpoints.empty')}</p>}
      {listed.length === 0 && current.endpoints.length > 0 && (
        <p class="empty">{say('endpoints.noMatch')}</p>
      )}
      <div class="row head" aria-hidden="true">
        <span>{say('column.endpoint')}</span>
        <span>{say('column.score')}</span>
        <span>{say('column.trend')}</span>
        <span>{say('column.success')}</span>
        <span>{say('column.requests')}</span>
        <span>{say('column.sessions')}</span>
        <span>{say('column.nextProbe')}</span>
        <span />
      </div>
      {groupsOf(listed, order).map((group) => (
        <Group key={group.name} group={group} current={current} maxScoreMs={maxScoreMs} />
      ))}
    </section>
  );
}

interface GroupProps {
  readonly group: EndpointGroup<ApiEndpoint>;
  readonly current: ApiState;
  readonly maxScoreMs: number;
}

function Group({ group: { name, endpoints }, current, maxScoreMs }: GroupProps) {
  const available = endpoints.filter((endpoint) => endpoint.available).length;
  const total = endpoints.length;
  return (
    <>
      {name !== '' && (
        <h3 class="group-head">
          {speech.value.say('endpoints.group', { name, available, total })}
        </h3>
      )}
      <ul>
        {endpoints.map((endpoint) => (
          <Row key={endpoint.id} endpoint={endpoint} current={current} maxScoreMs={maxScoreMs} />
        ))}
      </ul>
    </>
  );
}

interface EndpointTableRowProps {
  readonly endpoint: ApiEndpoint;
  readonly current: ApiState;
  readonly maxScoreMs: number;
}

function Row({ endpoint, current, maxScoreMs }: EndpointTableRowProps) {
  const { say, numbers } = speech.value;
  const { id, name, successRatio } = endpoint;
  const role = roleOf(endpoint, current.selection);
  const isOpen = opened.value.has(id);
  return (
    <li class={`endpoint ${role}`} data-endpoint={id} data-role={role}>
      <div class="row">
        <Who endpoint={endpoint} role={role} selection={current.selection} />
        <ScoreBar score={endpoint.score} maxMs={maxScoreMs} />
        <div class="trend">
          <Sparkline
            endpointId={id}
            samples={samples.value.get(id) ?? []}
            maxMs={slowestMs.value}
          />
        </div>
        <Figure label={say('column.success')}>{ratioText(successRatio)}</Figure>
        <Figure label={say('column.requests')}>{numbers.count(endpoint.activeRequests)}</Figure>
        <Figure label={say('column.sessions')}>{numbers.count(endpoint.sessions)}</Figure>
        <Figure label={say('column.nextProbe')}>
          {nextProbeText(endpoint, speech.value, controllerEpochMs.value)}
        </Figure>
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

function UseButton({ endpoint, current }: Pick<EndpointTableRowProps, 'endpoint' | 'current'>) {
  const { say } = speech.value;
  const { id, name } = endpoint;
  const { mode } = current;
  const isPinned = mode.kind === 'manual' && mode.endpointId === id;
  return (
    <button
      type="button"
      class="use"
      aria-pressed={isPinned}
      disabled={!endpoint.enabled || busy.value.has(actionKey('pin', id))}
      onClick={() => {
        if (!isPinned) pinEndpoint(endpoint);
      }}
    >
      {isPinned ? say('state.pinned') : say('action.pin')}
      <span class="unseen">: {name}</span>
    </button>
  );
}

function toggle(id: string): void {
  const next = new Set(opened.value);
  if (!next.delete(id)) next.add(id);
  opened.value = next;
}
