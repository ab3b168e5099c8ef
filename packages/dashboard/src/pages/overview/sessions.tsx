import type { ApiState } from '@zephyr/contract/api/api-state';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';

import { EndpointName } from '../../components/endpoint-parts.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { speech } from '../../language/language.ts';
import { ListPanel } from './list-panel.tsx';

/** Active Claude Code sessions by their pseudonyms, the latest first. */
export function Sessions({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { items, total } = current.sessions;
  const latestFirst = items.toSorted((left, right) => right.lastRequestAtMs - left.lastRequestAtMs);
  return (
    <ListPanel
      name="sessions"
      title={say('sessions.title')}
      texts={{
        empty: say('sessions.empty'),
        more: say('sessions.more', { shown: items.length, total }),
      }}
      shown={items.length}
      total={total}
      hint={say('sessions.moreActions')}
    >
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
              {session.person === null || session.person === ANONYMOUS ? '' : `${session.person} `}
              <code>{session.id.slice(0, 8)}</code>
            </td>
            <td>
              <EndpointName current={current} id={session.endpointId} />
            </td>
            <td class="number">{numbers.count(session.requests)}</td>
            <td class="number">
              {say('time.ago', {
                age: numbers.duration(controllerEpochMs.value - session.lastRequestAtMs),
              })}
            </td>
            <td>
              {session.cacheUntilAtMs > controllerEpochMs.value
                ? say('sessions.cache.warm', {
                    left: numbers.duration(session.cacheUntilAtMs - controllerEpochMs.value),
                  })
                : say('sessions.cache.cold')}
            </td>
          </tr>
        ))}
      </tbody>
    </ListPanel>
  );
}
