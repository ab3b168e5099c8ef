/** Why a decision was made: the gain, the cost to sessions, the comparison. */

import { triggerText } from '@zephyr/texts/history';
import { decisionText, scoreParts } from '@zephyr/texts/screens';

import { CopyLine } from '../../components/copy-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { EndpointName } from '../../components/endpoint-parts.tsx';
import { Icon } from '../../components/icon.tsx';
import { Scrolling } from '../../components/scrolling.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { historySpeech } from '../../language/history-language.ts';
import { decisionShown, type ShownDecision } from '../../state/decision-shown.ts';
import { state } from '../../state/store.ts';
import { type ComparedEndpoint, comparedIn, replayCommand } from './decision-basis.ts';

export function DecisionDialog() {
  const decision = decisionShown.value;
  if (decision === null) return null;
  const { say, numbers } = historySpeech.value;
  const names = { endpoints: state.value?.endpoints ?? [] };
  const close = () => {
    decisionShown.value = null;
  };
  return (
    <Dialog labelledBy="why-title" onClose={close} isWide={true}>
      <div class="dialog-head">
        <h2 id="why-title">{decisionText(decision, names, historySpeech.value)}</h2>
        <button type="button" class="plain" aria-label={say('action.close')} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <p class="hint">
        {say('why.title', { number: decision.number })} ·{' '}
        {numbers.time(decision.atMs, controllerEpochMs.value)} ·{' '}
        {say('why.trigger', { trigger: triggerText(decision.trigger, say) })}
      </p>
      <Gain decision={decision} />
      <Trade decision={decision} />
      <Compared decision={decision} />
      <h3>{say('why.replay')}</h3>
      <CopyLine text={replayCommand(decision, new URL(location.href))} />
      <p class="hint">{say('why.replay.note')}</p>
    </Dialog>
  );
}

interface DecisionProps {
  readonly decision: ShownDecision;
}

function Gain({ decision: { gain } }: DecisionProps) {
  const { say, numbers } = historySpeech.value;
  if (gain === undefined) return null;
  return (
    <>
      <h3>{say('why.gain')}</h3>
      <Pairs
        rows={[
          [say('why.gain.expected'), numbers.latency(gain.gainMs)],
          [say('why.gain.needed'), numbers.latency(gain.neededMs)],
          [say('why.gain.error'), `± ${numbers.latency(gain.standardErrorMs)}`],
          [say('why.gain.confirmations'), numbers.count(gain.confirmations)],
        ]}
      />
      <p class="hint">{say('why.gain.note')}</p>
    </>
  );
}

function Trade({ decision: { trade } }: DecisionProps) {
  const { say, numbers } = historySpeech.value;
  if (trade === undefined || trade.sessions === 0) return null;
  const amount = (usd: number, ms: number) =>
    say('why.amount', { usd: numbers.usd(usd), time: numbers.latency(ms) });
  return (
    <>
      <h3>{say('why.trade')}</h3>
      <p>{say(`why.trade.${trade.verdict}`)}</p>
      <Pairs
        rows={[
          [say('why.trade.sessions'), numbers.count(trade.sessions)],
          [say('why.trade.cached'), numbers.count(trade.cachedTokens)],
          [say('why.trade.rebuild'), amount(trade.rebuildUsd, trade.rebuildMs)],
          [say('why.trade.gain'), amount(trade.gainUsd, trade.gainMs)],
        ]}
      />
    </>
  );
}

function Pairs({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <dl class="pairs">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Compared({ decision }: DecisionProps) {
  const { say } = historySpeech.value;
  const rows = comparedIn(decision);
  return (
    <>
      <h3 id="why-compared">{say('why.considered')}</h3>
      {rows.length === 0 ? (
        <p class="empty">{say('why.considered.empty')}</p>
      ) : (
        <Scrolling labelledBy="why-compared">
          <table class="compared">
            <thead>
              <tr>
                <th scope="col">{say('column.endpoint')}</th>
                <th scope="col">{say('column.state')}</th>
                <th scope="col" class="number">
                  {say('column.score')}
                </th>
                <th scope="col">{say('score.title')}</th>
                <th scope="col" class="number">
                  {say('column.requests')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </>
  );
}

function Row({ row }: { readonly row: ComparedEndpoint }) {
  const { say, numbers } = historySpeech.value;
  const { score, unavailable, part } = row;
  const names = { endpoints: state.value?.endpoints ?? [] };
  const parts = score.status === 'known' ? scoreParts(score).filter(({ ms }) => ms >= 0.5) : [];
  return (
    <tr data-endpoint-compared={row.id}>
      <th scope="row">
        <EndpointName current={names} id={row.id} />{' '}
        {part !== 'other' && <span class="badge">{say(`why.${part}`)}</span>}
      </th>
      <td class={unavailable.length === 0 ? '' : 'bad-text'}>
        {unavailable.length === 0
          ? say('why.available')
          : unavailable.map((code) => say(`unavailable.${code}`)).join(', ')}
      </td>
      <td class="number">
        {score.status === 'known' ? numbers.latency(score.totalMs) : say('score.unknown')}
      </td>
      <td class="parts-text">
        {parts.map(({ name, ms }) => `${say(`score.${name}`)} ${numbers.latency(ms)}`).join(' + ')}
      </td>
      <td class="number">{numbers.count(row.activeRequests)}</td>
    </tr>
  );
}
