import type { ApiState } from '@zephyr/runtime/api';
import { nameOf } from '@zephyr/texts/screens';

import { seriesOf } from '../colours.ts';
import { speech } from '../language.ts';
import { nowMs } from '../page.ts';
import { Scrolling } from './scrolling.tsx';

/** Running Claude Code sessions by their pseudonyms, the latest first. */
export function Sessions({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { items, total } = current.sessions;
  const latestFirst = items.toSorted((left, right) => right.lastRequestAtMs - left.lastRequestAtMs);
  return (
    <section class="panel sessions" aria-labelledby="sessions-title">
      <div class="panel-head">
        <h2 id="sessions-title">
          {say('sessions.title')} <span class="count">{numbers.count(total)}</span>
        </h2>
      </div>
      {total === 0 && <p class="empty">{say('sessions.empty')}</p>}
      {items.length > 0 && (
        <Scrolling labelledBy="sessions-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('sessions.session')}</th>
                <th scope="col">{say('column.endpoint')}</th>
                <th scope="col" class="number">
                  {say('sessions.requests')}
                </th>
                <th scope="col" class="number">
                  {say('sessions.last')}
                </th>
                <th scope="col">{say('sessions.cache')}</th>
              </tr>
            </thead>
            <tbody>
              {latestFirst.map((session) => (
                <tr key={session.id}>
                  <td>
                    {session.client === null ? '' : `${session.client} `}
                    <code>{session.id.slice(0, 8)}</code>
                  </td>
                  <td>
                    <span
                      class={`swatch series-${seriesOf(session.endpointId)}`}
                      aria-hidden="true"
                    />{' '}
                    {nameOf(current, session.endpointId)}
                  </td>
                  <td class="number">{numbers.count(session.requests)}</td>
                  <td class="number">
                    {say('time.ago', {
                      age: numbers.duration(nowMs.value - session.lastRequestAtMs),
                    })}
                  </td>
                  <td>
                    {session.cacheUntilAtMs > nowMs.value
                      ? say('sessions.cache.warm', {
                          left: numbers.duration(session.cacheUntilAtMs - nowMs.value),
                        })
                      : say('sessions.cache.cold')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
      {total > items.length && (
        <p class="hint">{say('sessions.more', { shown: items.length, total })}</p>
      )}
      <p class="hint">{say('sessions.moreActions')}</p>
    </section>
  );
}
