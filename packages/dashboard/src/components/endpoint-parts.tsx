/** The parts of an endpoint's row shared by all pages. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { healthText, nameOf, type Role, roleText, type Situation } from '@zephyr/texts/screens';

import { controllerEpochMs } from '../connection/page-state.ts';
import { speech } from '../language/language.ts';
import { swatchOf } from './endpoint-colours.ts';
import { Icon } from './icon.tsx';

type HealthFailure = Extract<ApiEndpoint['health'], { status: 'unhealthy' }>['failure'];

/** A proxy knows fewer reasons than the controller. */
type ShownEndpoint = Situation['endpoints'][number] &
  Pick<ApiEndpoint, 'groupName' | 'ejection'> & {
    readonly health: { readonly failure?: HealthFailure; readonly sinceAtMs?: number };
    readonly token?: ApiEndpoint['token'];
  };

interface WhoProps {
  readonly endpoint: ShownEndpoint;
  readonly role: Role;
  readonly selection: Situation['selection'];
}

/** Its name, its role, and what is wrong with it. */
export function Who({ endpoint, role, selection }: WhoProps) {
  const { id, name } = endpoint;
  return (
    <div class="who">
      <span class={`badge ${role}`}>
        <Icon name={role} /> {roleText(endpoint, selection, speech.value.say)}
      </span>
      <span class="name" title={name}>
        <span class={swatchOf(id)} aria-hidden="true" />
        {name}
      </span>
      <StateLine endpoint={endpoint} />
    </div>
  );
}

function StateLine({ endpoint }: { readonly endpoint: ShownEndpoint }) {
  const { say, numbers } = speech.value;
  const { ejection, health, groupName, token } = endpoint;
  const left = (untilAtMs: number) =>
    say('state.left', { left: numbers.duration(untilAtMs - controllerEpochMs.value) });
  if (!endpoint.enabled) return <span class="sub">{groupName}</span>;
  if (ejection.status === 'ejected') {
    const failure = say(`failure.${ejection.failure}`);
    return (
      <span class="sub bad-text">
        {say('state.ejected', { failure })} · {left(ejection.untilAtMs)}
      </span>
    );
  }
  if (token?.status === 'refused') {
    return <span class="sub bad-text">{say(`failure.${token.failure}`)}</span>;
  }
  if (health.failure !== undefined && health.sinceAtMs !== undefined) {
    const time = numbers.time(health.sinceAtMs, controllerEpochMs.value);
    return (
      <span class="sub bad-text">
        {say(`failure.${health.failure}`)} · {say('state.since', { time })}
      </span>
    );
  }
  if (ejection.status === 'half_open') {
    const failure = say(`failure.${ejection.failure}`);
    return <span class="sub warn-text">{say('state.halfOpen', { failure })}</span>;
  }
  return (
    <span class="sub">
      {groupName} · {healthText(endpoint, say)}
    </span>
  );
}

export function Figure({ label, children }: { readonly label: string; readonly children: string }) {
  return (
    <div class="figure">
      <span class="label">{label}</span>
      <span class="value">{children}</span>
    </div>
  );
}

/** An endpoint's name with its colour. */
export function EndpointName({ current, id }: EndpointNameProps) {
  return (
    <>
      <span class={swatchOf(id)} aria-hidden="true" /> {nameOf(current, id)}
    </>
  );
}

interface EndpointNameProps {
  readonly current: Parameters<typeof nameOf>[0];
  readonly id: string;
}

/** In trial order; endpoints that may not be tried come last, in configuration order. */
export function inOrder<Endpoint extends { readonly rank: number | null }>(
  endpoints: readonly Endpoint[],
): readonly Endpoint[] {
  return endpoints.toSorted(
    (left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity) || 0,
  );
}
