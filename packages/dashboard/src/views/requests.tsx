import type { ApiState } from '@zephyr/runtime/api';
import { nameOf } from '@zephyr/texts/screens';

import { seriesOf } from '../colours.ts';
import { speech } from '../language.ts';
import { nowMs } from '../page.ts';
import { Scrolling } from './scrolling.tsx';

/** What is running now, the oldest first: that is the one somebody waits for. */
export function Requests({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { items, total } = current.requests;
  const oldestFirst = items.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
  return (
    <section class="panel requests" aria-labelledby="requests-title">
      <div class="panel-head">
        <h2 id="requests-title">
          {say('requests.title')} <span class="count">{numbers.count(total)}</span>
        </h2>
      </div>
      {total === 0 && <p class="empty">{say('requests.empty')}</p>}
      {items.length > 0 && (
        <Scrolling labelledBy="requests-title">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  {say('requests.age')}
                </th>
                <th scope="col">{say('requests.phase')}</th>
                <th scope="col">{say('column.endpoint')}</th>
                <th scope="col">{say('requests.who')}</th>
              </tr>
            </thead>
            <tbody>
              {oldestFirst.map((request) => (
                <tr key={request.id}>
                  <td class="number">{numbers.duration(nowMs.value - request.startedAtMs)}</td>
                  <td>
                    <span class={`phase ${request.phase}`}>{say(`phase.${request.phase}`)}</span>
                    {request.attempt > 1 && (
                      <span class="sub warn-text">
                        {say('requests.attempt', { count: request.attempt })}
                      </span>
                    )}
                  </td>
                  <td>
                    <span
                      class={`swatch series-${seriesOf(request.endpointId)}`}
                      aria-hidden="true"
                    />{' '}
                    {nameOf(current, request.endpointId)}
                  </td>
                  <td>
                    {request.client ?? request.sessionId?.slice(0, 8) ?? say('requests.anonymous')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
      {total > items.length && (
        <p class="hint">{say('requests.more', { shown: items.length, total })}</p>
      )}
    </section>
  );
}
