/** Details of one row: address, parts of the score, probes and their cost, actions. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { failureOf, lastProbeText, scoreParts } from '@zephyr/texts/screens';

import { controllerEpochMs } from '../../../connection/page-state.ts';
import { speech } from '../../../language/language.ts';
import {
  actionKey,
  busy,
  disableEndpoint,
  enableEndpoint,
  moveSessions,
  probeNow,
} from '../../../state/actions.ts';

export function EndpointDetail({ endpoint }: { readonly endpoint: ApiEndpoint }) {
  const { say } = speech.value;
  const { id, name, enabled, sessions } = endpoint;
  return (
    <div class="detail-panel">
      <div>
        <p class="url">
          <code>{endpoint.url}</code>
        </p>
        <Trouble endpoint={endpoint} />
        <Checks endpoint={endpoint} />
        <RateLimits endpoint={endpoint} />
      </div>
      <ScoreParts endpoint={endpoint} />
      <div class="detail-actions">
        <button
          type="button"
          disabled={busy.value.has(actionKey('probe', id))}
          onClick={() => probeNow(id)}
        >
          {say('action.probe')}
          <span class="unseen">: {name}</span>
        </button>
        <button
          type="button"
          disabled={busy.value.has(actionKey(enabled ? 'disable' : 'enable', id))}
          onClick={() => (enabled ? disableEndpoint : enableEndpoint)(endpoint)}
        >
          {say(enabled ? 'action.disable' : 'action.enable')}
          <span class="unseen">: {name}</span>
        </button>
        <button type="button" disabled={sessions === 0} onClick={() => moveSessions(endpoint)}>
          {say('action.move')}
          <span class="unseen">: {name}</span>
        </button>
      </div>
    </div>
  );
}

/** What is wrong, with the endpoint's answer passed through, and what to do about it. */
function Trouble({ endpoint }: { readonly endpoint: ApiEndpoint }) {
  const { say } = speech.value;
  const { health, token } = endpoint;
  const failure = token.status === 'doubted' ? token.failure : failureOf(endpoint);
  if (failure === undefined) return null;
  return (
    <p class="trouble">
      <strong>{say(`failure.${failure}`)}.</strong> {say(`advice.${failure}`)}
      {health.status === 'unhealthy' && <code>{health.detail}</code>}
    </p>
  );
}

function Checks({ endpoint: { probe } }: { readonly endpoint: ApiEndpoint }) {
  const { say, numbers } = speech.value;
  const { last, today, plan } = probe;
  return (
    <ul class="plain-list">
      <li>
        {say('probe.last')}: {lastProbeText(last, speech.value, controllerEpochMs.value)}
      </li>
      <li>
        {say(`style.${probe.style}`)}
        {plan.status === 'scheduled' &&
          `, ${say('probe.every', { interval: numbers.duration(plan.intervalMs) })} (${say(`pace.${plan.why}`)})`}
      </li>
      {probe.direct !== null && (
        <li>
          {say(`direct.${probe.direct}`)}
          {probe.cliPassedAtMs !== null &&
            `; ${say('probe.cli', { age: numbers.duration(controllerEpochMs.value - probe.cliPassedAtMs) })}`}
        </li>
      )}
      <li>
        {say('probe.today', { count: today.probes, saved: today.saved })},{' '}
        {numbers.usd(today.costUsd)}
      </li>
    </ul>
  );
}

/** What is left of its token's rate limits, as its answers report them. */
function RateLimits({ endpoint: { rateLimits } }: { readonly endpoint: ApiEndpoint }) {
  const { say, numbers } = speech.value;
  if (rateLimits.length === 0) return null;
  return (
    <ul class="plain-list">
      {rateLimits.map(({ kind, remainingShare, resetsAtMs }) => (
        <li key={kind}>
          {say('limit.left', {
            kind: say(`limit.${kind}`),
            share: numbers.percent(remainingShare),
            duration: numbers.duration(Math.max(0, resetsAtMs - controllerEpochMs.value)),
          })}
        </li>
      ))}
    </ul>
  );
}

function ScoreParts({ endpoint: { score } }: { readonly endpoint: ApiEndpoint }) {
  const { say, numbers } = speech.value;
  if (score.status === 'unknown') return <p class="quiet-text">{say('score.unknown')}</p>;
  const samples = Math.round(score.samples);
  return (
    <div>
      <table class="parts">
        <caption>{say('score.title')}</caption>
        <tbody>
          {scoreParts(score).map(({ name, ms }) => (
            <tr key={name}>
              <th scope="row">
                <span class={`swatch part-${name}`} aria-hidden="true" /> {say(`score.${name}`)}
              </th>
              <td>{numbers.latency(ms)}</td>
            </tr>
          ))}
          <tr class="total">
            <th scope="row">{say('column.score')}</th>
            <td>{numbers.latency(score.totalMs)}</td>
          </tr>
        </tbody>
      </table>
      <p class="hint">
        {say('score.samples', {
          count: samples,
          age: numbers.duration(controllerEpochMs.value - score.measuredAtMs),
        })}
        ; {say('score.failureRatio', { ratio: numbers.percent(score.failureRatio) })}
      </p>
    </div>
  );
}
