import { useSignal } from '@preact/signals';
import { apiAddress } from '@zephyr/contract/api/api-routes';
import type { RequestFilter } from '@zephyr/contract/api/request-filter';
import { MAX_REQUEST_ID_CHARACTERS } from '@zephyr/contract/id-length';
import { OTHER } from '@zephyr/contract/reserved-names';
import type { UsageReport } from '@zephyr/contract/usage/usage';
import { useEffect } from 'preact/hooks';

import { shownPerson } from '../../components/usage-names.tsx';
import { ask } from '../../connection/api.ts';
import { usageSpeech } from '../../language/usage-language.ts';
import { goTo } from '../../navigation/navigation.ts';

/** By person, only failed ones, or one by id. */
export function RequestFilters({ filter }: { readonly filter: RequestFilter }) {
  const { say } = usageSpeech.value;
  const choose = (next: RequestFilter) => goTo({ kind: 'requests', filter: next });
  const persons = usePersons(filter.person);
  const search = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const id = String(new FormData(form).get('id')).trim();
    choose({ ...filter, id: id === '' ? undefined : id });
  };
  return (
    <form class="filters" aria-label={say('requestLog.filter')} onSubmit={search}>
      <label>
        {say('usage.person')}
        <select
          value={filter.person ?? ''}
          onChange={({ currentTarget: { value } }) =>
            choose({ ...filter, person: value === '' ? undefined : value })
          }
        >
          <option value="">{say('requestLog.everyone')}</option>
          {persons.map((person) => (
            <option key={person} value={person}>
              {shownPerson(person)}
            </option>
          ))}
        </select>
      </label>
      <label class="grow">
        {say('requestLog.id')}
        <input
          name="id"
          type="search"
          maxLength={MAX_REQUEST_ID_CHARACTERS}
          autocomplete="off"
          spellcheck={false}
          key={filter.id}
          defaultValue={filter.id ?? ''}
        />
      </label>
      <button type="submit">{say('requestLog.search')}</button>
      <button
        type="button"
        aria-pressed={filter.failed === true}
        onClick={() => choose({ ...filter, failed: filter.failed === true ? undefined : true })}
      >
        {say('requestLog.failedOnly')}
      </button>
    </form>
  );
}

/** Everyone with usage in the last 30 days. @param chosen always included */
function usePersons(chosen: string | undefined): readonly string[] {
  const persons = useSignal<readonly string[]>([]);
  useEffect(() => {
    void ask<UsageReport>(apiAddress('usage', { by: 'person', since: '30d' })).then((result) => {
      if (result.status !== 'done') return;
      const names = result.answer.rows.flatMap(({ person }) => person ?? []);
      persons.value = names.filter((name) => name !== OTHER).toSorted();
    });
  }, []);
  const known = persons.value;
  return chosen === undefined || known.includes(chosen) ? known : [chosen, ...known];
}
