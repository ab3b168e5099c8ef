/** The live request log, with filter, search and details. */
import { useSignal } from '@preact/signals';
import { apiAddress } from '@zephyr/contract/api/api-routes';
import { hasFailed, isWanted, type RequestFilter } from '@zephyr/contract/api/request-filter';
import { LISTED_REQUESTS, STORED_REQUESTS } from '@zephyr/contract/history/history-size';
import type { ApiRequestRecord, RequestList } from '@zephyr/contract/usage/usage';
import { useEffect } from 'preact/hooks';

import { HowToConnect } from '../../components/how-to-connect.tsx';
import { Scrolling } from '../../components/scrolling.tsx';
import { TroubleBanner } from '../../components/trouble-banner.tsx';
import { shownPerson, UsageName } from '../../components/usage-names.tsx';
import { type ApiTrouble, ask } from '../../connection/api.ts';
import { controllerEpochMs, link } from '../../connection/page-state.ts';
import { usageSpeech } from '../../language/usage-language.ts';
import { goTo, route } from '../../navigation/navigation.ts';
import { filterParams } from '../../navigation/page-address.ts';
import { withEnded } from '../../state/ended-requests.ts';
import { endedRequests, state, streamsOpened } from '../../state/store.ts';
import { RequestDetail } from './request-detail.tsx';
import { RequestFilters } from './request-filters.tsx';

const NO_FILTER: RequestFilter = {};

export function RequestPage() {
  const { say, numbers } = usageSpeech.value;
  const filter = route.value.kind === 'requests' ? route.value.filter : NO_FILTER;
  const { records, trouble } = useRequests(filter);
  const chosen = useSignal<ApiRequestRecord | null>(null);
  return (
    <div class="page">
      <TroubleBanner trouble={trouble} />
      <section class="panel request-log" aria-labelledby="request-log-title">
        <div class="panel-head">
          <h2 id="request-log-title">{say('requestLog.title')}</h2>
          <RequestFilters filter={filter} />
        </div>
        {records === null && trouble === null && <p class="empty">{say('page.loading')}</p>}
        {records?.length === 0 && <Empty filter={filter} />}
        {records !== null && records.length > 0 && (
          <Scrolling labelledBy="request-log-title">
            <RequestTable
              records={records}
              onChoose={(record) => {
                chosen.value = record;
              }}
            />
          </Scrolling>
        )}
        {records !== null && records.length >= LISTED_REQUESTS && (
          <p class="hint">{say('requestLog.newest', { count: numbers.count(records.length) })}</p>
        )}
      </section>
      {chosen.value !== null && (
        <RequestDetail
          record={chosen.value}
          onClose={() => {
            chosen.value = null;
          }}
        />
      )}
    </div>
  );
}

/** The controller's list plus what its stream has sent since. Null before the first answer. */
function useRequests(filter: RequestFilter) {
  const address = apiAddress('requests', filter);
  const listed = useSignal<{
    readonly address: string;
    readonly records: RequestList['requests'];
  } | null>(null);
  const trouble = useSignal<ApiTrouble | null>(null);
  const isLive = link.value.status === 'live';
  useEffect(() => {
    let isWantedStill = true;
    void ask<RequestList>(address).then((result) => {
      if (!isWantedStill) return;
      if (result.status === 'done') listed.value = { address, records: result.answer.requests };
      trouble.value = result.status === 'done' ? null : result;
    });
    return () => {
      isWantedStill = false;
    };
    // A new stream lacks requests that ended before.
  }, [address, isLive, streamsOpened.value]);
  const ended = endedRequests.value.filter((record) => isWanted(record, filter));
  const records = listed.value?.address === address ? withEnded(listed.value.records, ended) : null;
  return { records, trouble: trouble.value };
}

function Empty({ filter }: { readonly filter: RequestFilter }) {
  const { say, numbers } = usageSpeech.value;
  if (filterParams(filter).size === 0) {
    return (
      <div class="empty">
        <p>{say('requestLog.empty')}</p>
        {state.value !== null && <HowToConnect current={state.value} />}
      </div>
    );
  }
  return (
    <div class="empty">
      <p>{say('requestLog.empty.filtered', { count: numbers.count(STORED_REQUESTS) })}</p>
      <button type="button" onClick={() => goTo({ kind: 'requests', filter: {} })}>
        {say('requestLog.all')}
      </button>
    </div>
  );
}

interface RequestTableProps {
  readonly records: readonly ApiRequestRecord[];
  readonly onChoose: (record: ApiRequestRecord) => void;
}

function RequestTable({ records, onChoose }: RequestTableProps) {
  const { say } = usageSpeech.value;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{say('requests.time')}</th>
          <th scope="col">{say('requests.outcome')}</th>
          <th scope="col">{say('usage.person')}</th>
          <th scope="col">{say('usage.endpoint')}</th>
          <th scope="col">{say('usage.model')}</th>
          <th scope="col" class="number">
            {say('requests.duration')}
          </th>
          <th scope="col" class="number">
            {say('requests.tokens')}
          </th>
          <th scope="col" class="number">
            {say('usage.cost')}
          </th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <RequestRow key={record.id} record={record} onChoose={onChoose} />
        ))}
      </tbody>
    </table>
  );
}

interface RequestRowProps extends Pick<RequestTableProps, 'onChoose'> {
  readonly record: ApiRequestRecord;
}

function RequestRow({ record, onChoose }: RequestRowProps) {
  const { say, numbers } = usageSpeech.value;
  const { usage } = record;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const failures = [...new Set(record.attempts.flatMap(({ failure }) => failure ?? []))];
  const time = numbers.time(record.atMs, controllerEpochMs.value);
  return (
    <tr data-request={record.id}>
      <td>
        <button
          type="button"
          class="quiet-button"
          aria-haspopup="dialog"
          aria-label={say('requestLog.details', { time })}
          onClick={() => onChoose(record)}
        >
          {time}
        </button>
      </td>
      <td>
        <span class={hasFailed(record) ? 'bad-text' : ''}>
          {say(`requests.outcome.${record.outcome}`)}
        </span>
        {failures.length > 0 && (
          <span class="sub">
            {' '}
            {failures.map((failure) => say(`failure.${failure}`)).join(', ')}
          </span>
        )}
      </td>
      <td>{shownPerson(record.person)}</td>
      <td>
        <UsageName kind="endpoint" name={record.endpoint} />
      </td>
      <td>
        <UsageName kind="model" name={record.model} />
      </td>
      <td class="number">{numbers.latency(record.durationMs)}</td>
      <td class="number">
        {numbers.count(input)} / {numbers.count(usage.outputTokens)}
      </td>
      <td class="number">
        {record.costUsd === null ? say('requests.unpriced') : numbers.usd(record.costUsd)}
      </td>
    </tr>
  );
}
