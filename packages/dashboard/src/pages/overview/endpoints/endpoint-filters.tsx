import { signal } from '@preact/signals';

import { speech } from '../../../language/language.ts';
import { ENDPOINT_ORDERS, type EndpointOrder } from './endpoint-list.ts';

export const endpointFilter = signal('');
export const endpointOrder = signal<EndpointOrder>('trial');

/** For long lists of endpoints. */
export function EndpointFilters() {
  const { say } = speech.value;
  return (
    <div class="filters">
      <label>
        {say('endpoints.filter')}
        <input
          type="search"
          value={endpointFilter.value}
          onInput={(event) => {
            endpointFilter.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        {say('endpoints.order')}
        <select
          value={endpointOrder.value}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            endpointOrder.value = ENDPOINT_ORDERS.find((each) => each === chosen) ?? 'trial';
          }}
        >
          {ENDPOINT_ORDERS.map((each) => (
            <option key={each} value={each}>
              {say(`endpoints.order.${each}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
