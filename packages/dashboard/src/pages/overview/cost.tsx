import type { ApiState } from '@zephyr/contract/api/api-state';

import { swatchOf } from '../../components/endpoint-colours.ts';
import { Scrolling } from '../../components/scrolling.tsx';
import { speech } from '../../language/language.ts';

/** Today's cost of probes, total and by endpoint. */
export function Cost({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const { cost, endpoints } = current;
  const hasCost = endpoints.some(({ probe }) => probe.today.probes > 0);
  return (
    <section class="panel cost" aria-labelledby="cost-title">
      <div class="panel-head">
        <h2 id="cost-title">{say('cost.title')}</h2>
      </div>
      <dl class="facts">
        <Amount label={say('cost.today')} usd={cost.todayUsd} />
        <Amount label={say('cost.projected')} usd={cost.projectedUsd} />
        <Amount label={say('cost.saved')} usd={cost.savedUsd} />
        {cost.budgetUsd !== null && <Amount label={say('cost.budget')} usd={cost.budgetUsd} />}
      </dl>
      {cost.budgetUsd !== null && (
        <progress max={cost.budgetUsd} value={cost.todayUsd} aria-label={say('cost.budget')} />
      )}
      {hasCost ? (
        <Scrolling labelledBy="cost-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('column.endpoint')}</th>
                <th scope="col" class="number">
                  {say('cost.probes')}
                </th>
                <th scope="col" class="number">
                  {say('cost.tokens')}
                </th>
                <th scope="col" class="number">
                  {say('column.cost')}
                </th>
              </tr>
            </thead>
            <tbody>
              {endpoints.map(({ id, name, probe: { today } }) => (
                <tr key={id}>
                  <td>
                    <span class={swatchOf(id)} aria-hidden="true" /> {name}
                  </td>
                  <td class="number">{numbers.count(today.probes)}</td>
                  <td class="number">
                    {numbers.count(today.inputTokens)} / {numbers.count(today.outputTokens)}
                  </td>
                  <td class="number">{numbers.usd(today.costUsd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      ) : (
        <p class="empty">{say('cost.none')}</p>
      )}
    </section>
  );
}

function Amount({ label, usd }: { readonly label: string; readonly usd: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{speech.value.numbers.usd(usd)}</dd>
    </div>
  );
}
