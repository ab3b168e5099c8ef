/** Everything known about one request, but never its prompt or answer. */
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';
import type { ComponentChildren } from 'preact';
import { Dialog } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { shownPerson, UsageName } from '../../components/usage-names.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { usageSpeech } from '../../language/usage-language.ts';

interface RequestDetailProps {
  readonly record: ApiRequestRecord;
  readonly onClose: () => void;
}

export function RequestDetail({ record, onClose }: RequestDetailProps) {
  const { say } = usageSpeech.value;
  return (
    <Dialog labelledBy="request-title" onClose={onClose}>
      <div class="dialog-head">
        <h2 id="request-title">{say('requestLog.detailTitle')}</h2>
        <button type="button" class="plain" aria-label={say('action.close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <Identity record={record} />
      <h3>{say('requestLog.attempts')}</h3>
      <Attempts record={record} />
      <h3>{say('usage.tokens')}</h3>
      <Tokens record={record} />
    </Dialog>
  );
}

function Identity({ record }: Pick<RequestDetailProps, 'record'>) {
  const { say, numbers } = usageSpeech.value;
  return (
    <dl class="pairs">
      <Pair label={say('requests.outcome')}>{say(`requests.outcome.${record.outcome}`)}</Pair>
      <Pair label={say('requests.time')}>
        <time dateTime={new Date(record.atMs).toISOString()}>
          {numbers.time(record.atMs, controllerEpochMs.value)}
        </time>
      </Pair>
      <Pair label={say('usage.person')}>{shownPerson(record.person)}</Pair>
      <Pair label={say('usage.endpoint')}>
        <UsageName kind="endpoint" name={record.endpoint} />
      </Pair>
      <Pair label={say('requestLog.group')}>{record.group ?? '–'}</Pair>
      <Pair label={say('usage.model')}>
        <UsageName kind="model" name={record.model} />
      </Pair>
      <Pair label={say('requestLog.operation')}>{record.operation}</Pair>
      <Pair label={say('requestLog.session')}>
        {record.session === null ? '–' : <code>{record.session}</code>}
      </Pair>
      <Pair label={say('requestLog.ttft')}>
        {record.ttftMs === null ? '–' : numbers.latency(record.ttftMs)}
      </Pair>
      <Pair label={say('requests.duration')}>{numbers.latency(record.durationMs)}</Pair>
      <Pair label={say('requestLog.ourId')}>
        <code>{record.id}</code>
      </Pair>
      <Pair label={say('requestLog.endpointId')}>
        {record.endpointRequestId === null ? '–' : <code>{record.endpointRequestId}</code>}
      </Pair>
    </dl>
  );
}

/** In order, each with its failure. */
function Attempts({ record: { attempts, outcome } }: Pick<RequestDetailProps, 'record'>) {
  const { say } = usageSpeech.value;
  if (attempts.length === 0) return <p>{say('requestLog.attempts.none')}</p>;
  const noFailure =
    outcome === 'client_gone'
      ? say('requests.outcome.client_gone')
      : say('requestLog.attempt.answered');
  return (
    <ol class="attempts">
      {attempts.map(({ endpoint, failure, isBillable }, index) => (
        <li key={index}>
          <UsageName kind="endpoint" name={endpoint} />{' '}
          <span class={failure === null ? 'good-text' : 'bad-text'}>
            {failure === null ? noFailure : say(`failure.${failure}`)}
          </span>
          {isBillable && <span class="warn-text"> · {say('requestLog.attempt.billed')}</span>}
        </li>
      ))}
    </ol>
  );
}

function Tokens({ record: { usage, costUsd, tokensKnown } }: Pick<RequestDetailProps, 'record'>) {
  const { say, numbers } = usageSpeech.value;
  return (
    <dl class="pairs">
      <Pair label={say('usage.input')}>{numbers.count(usage.inputTokens)}</Pair>
      <Pair label={say('usage.output')}>{numbers.count(usage.outputTokens)}</Pair>
      <Pair label={say('usage.cacheRead')}>{numbers.count(usage.cacheReadTokens)}</Pair>
      <Pair label={say('usage.cacheWrite')}>{numbers.count(usage.cacheWriteTokens)}</Pair>
      <Pair label={say('requestLog.cacheWrite1h')}>{numbers.count(usage.cacheWrite1hTokens)}</Pair>
      <Pair label={say('requestLog.known')}>{say(`requestLog.known.${tokensKnown}`)}</Pair>
      <Pair label={say('usage.cost')}>
        {costUsd === null ? say('requests.unpriced') : numbers.usd(costUsd)}
      </Pair>
    </dl>
  );
}

interface PairProps {
  readonly label: string;
  readonly children: ComponentChildren;
}

function Pair({ label, children }: PairProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
