import type { ApiRequest, ApiState } from '@zephyr/contract/api/api-state';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';

import { EndpointName } from '../../components/endpoint-parts.tsx';
import { HowToConnect } from '../../components/how-to-connect.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { speech } from '../../language/language.ts';
import { ListPanel } from './list-panel.tsx';

/** Active requests, oldest first: someone is waiting for that one. */
export function Requests({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { items, total } = current.requests;
  const oldestFirst = items.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
  return (
    <ListPanel
      howTo={<HowToConnect current={current} />}
      name="requests"
      title={say('requests.title')}
      texts={{
        empty: say('requests.empty'),
        more: say('requests.more', { shown: items.length, total }),
      }}
      shown={items.length}
      total={total}
    >
      <thead>
        <tr>
          <th scope="col" class="number">
            {say('requests.age')}
          </th>
          <th scope="col">{say('requests.phase')}</th>
          <th scope="col">{say('column.endpoint')}</th>
          <th scope="col">{say('requests.person')}</th>
        </tr>
      </thead>
      <tbody>
        {oldestFirst.map((request) => (
          <tr key={request.id}>
            <td class="number">
              {numbers.duration(controllerEpochMs.value - request.startedAtMs)}
            </td>
            <td>
              <span class={`phase ${request.phase}`}>{say(`phase.${request.phase}`)}</span>
              {request.attempt > 1 && (
                <span class="sub warn-text">
                  {say('requests.attempt', { count: request.attempt })}
                </span>
              )}
            </td>
            <td>
              <EndpointName current={current} id={request.endpointId} />
            </td>
            <td>{whoSent(request)}</td>
          </tr>
        ))}
      </tbody>
    </ListPanel>
  );
}

/** Without keys, only the session distinguishes requests. */
function whoSent({ person, sessionId }: ApiRequest): string {
  if (person !== ANONYMOUS) return person;
  return sessionId?.slice(0, 8) ?? speech.value.say('requests.anonymous');
}
