import type { Budget } from '@zephyr/contract/usage/people-limits';

import { Scrolling } from '../../components/scrolling.tsx';
import { UsageName } from '../../components/usage-names.tsx';
import { usageSpeech } from '../../language/usage-language.ts';

/** The budgets of the current periods, whatever range the page shows. */
export function BudgetTable({ budgets }: { readonly budgets: readonly Budget[] }) {
  const { say } = usageSpeech.value;
  const heads = ['left', 'used', 'budget', 'granted', 'resets'] as const;
  return (
    <section class="panel" aria-labelledby="budgets-title">
      <div class="panel-head">
        <h2 id="budgets-title">{say('budget.title')}</h2>
      </div>
      <Scrolling labelledBy="budgets-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{say('budget.name')}</th>
              <th scope="col">{say('budget.period')}</th>
              {heads.map((head) => (
                <th key={head} scope="col" class="number">
                  {say(`budget.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {budgets.map((budget) => (
              <BudgetRow key={`${budget.name} ${budget.period}`} budget={budget} />
            ))}
          </tbody>
        </table>
      </Scrolling>
    </section>
  );
}

function BudgetRow({ budget }: { readonly budget: Budget }) {
  const { say, numbers } = usageSpeech.value;
  const { name, of, period, left_usd, used_usd, budget_usd, granted_usd, resets_at } = budget;
  return (
    <tr>
      <th scope="row">
        <UsageName kind="person" name={name} />{' '}
        {of === 'team' && <span class="hint">{say('budget.isTeam')}</span>}
      </th>
      <td>{say(`period.${period}`)}</td>
      <td class={left_usd === 0 ? 'number bad-text' : 'number'}>{numbers.usd(left_usd)}</td>
      <td class="number">{numbers.usd(used_usd)}</td>
      <td class="number">{numbers.usd(budget_usd)}</td>
      <td class="number">{numbers.usd(granted_usd)}</td>
      <td class="number">{`${numbers.utcMinute(resets_at)} UTC`}</td>
    </tr>
  );
}
