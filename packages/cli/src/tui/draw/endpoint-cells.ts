/** The texts about one endpoint in the tables. Pure. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { failureOf, healthText, type Role, roleText, type Speech, scoreParts } from '@zephyr/texts';

export const LOOKS: Readonly<Record<Role, { readonly mark: string; readonly colour: string }>> = {
  serving: { mark: '●', colour: 'green' },
  next: { mark: '▶', colour: 'cyan' },
  draining: { mark: '◐', colour: 'cyan' },
  fallback: { mark: '○', colour: 'white' },
  off: { mark: '-', colour: 'gray' },
  down: { mark: '×', colour: 'red' },
};

export function latencyText({ score }: ApiEndpoint, { numbers }: Speech): string {
  return score.status === 'known' ? numbers.latency(score.latencyMs) : '–';
}

export function scoreText({ score }: ApiEndpoint, { numbers }: Speech): string {
  return score.status === 'known' ? numbers.latency(score.totalMs) : '–';
}

/** Its role; for how long, if ejected. */
export function stateText(
  endpoint: ApiEndpoint,
  epochMs: number,
  { state, speech }: { readonly state: ApiState; readonly speech: Speech },
): string {
  const { say, numbers } = speech;
  const { ejection, unavailable } = endpoint;
  if (endpoint.enabled && ejection.status === 'ejected') {
    const code = unavailable.includes('cooling_down') ? 'cooling_down' : 'ejected';
    return `${say(`unavailable.${code}`)} ${numbers.duration(ejection.untilAtMs - epochMs)}`;
  }
  return roleText(endpoint, state.selection, say);
}

/** Why it cannot serve, in a few words; undefined if it can. */
export function reasonText(endpoint: ApiEndpoint, { say }: Speech): string | undefined {
  if (!endpoint.enabled) return say('unavailable.disabled');
  if (endpoint.available) return undefined;
  const failure = failureOf(endpoint);
  if (failure !== undefined) return say(`failure.${failure}`);
  const [code] = endpoint.unavailable;
  return code === undefined ? undefined : say(`unavailable.${code}`);
}

/** Details of a row: why it cannot serve and what to do, or how its score is composed. */
export function detailText(endpoint: ApiEndpoint, epochMs: number, speech: Speech): string {
  const { say, numbers } = speech;
  const { name: names, score } = endpoint;
  const reason = reasonText(endpoint, speech);
  if (reason !== undefined) {
    const { unavailableSinceAtMs: sinceAtMs } = endpoint;
    const trouble = say('overall.trouble', { names, failure: reason });
    const what =
      sinceAtMs === null
        ? trouble
        : say('overall.since', { what: trouble, time: numbers.time(sinceAtMs, epochMs) });
    const cause = endpoint.enabled ? failureOf(endpoint) : undefined;
    return cause === undefined
      ? what
      : say('overall.advice', { what, advice: say(`advice.${cause}`) });
  }
  if (score.status === 'unknown') {
    return say('overall.trouble', { names, failure: healthText(endpoint, say) });
  }
  const parts = scoreParts(score)
    .filter(({ ms }) => ms >= 0.5)
    .map(({ name, ms }) => `${say(`score.${name}`)} ${numbers.latency(ms)}`);
  return say('overall.trouble', { names, failure: parts.join(' + ') });
}
