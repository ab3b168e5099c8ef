import { useSignal } from '@preact/signals';
import type { ApiSettings } from '@zephyr/contract/operate/config-edit';

import { Scrolling } from '../../components/scrolling.tsx';
import { sayInSettings } from '../../language/settings-language.ts';
import { question } from '../../state/actions.ts';
import type { SettingsPart } from './settings-data.ts';

interface SettingsPeopleProps extends SettingsPart {
  /** A new key, which is shown once. */
  readonly onKey: (name: string, key: string) => void;
}

export function SettingsPeople({ onKey, ...part }: SettingsPeopleProps) {
  const say = sayInSettings.value;
  const { settings, isBusy, make } = part;
  return (
    <section class="panel" aria-labelledby="people-title">
      <h2 id="people-title">{say('settings.people')}</h2>
      {settings.clients.length === 0 ? (
        <p class="empty">{say('settings.people.none')}</p>
      ) : (
        <Scrolling labelledBy="people-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('settings.people.name')}</th>
                <th scope="col">{say('settings.people.key')}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {settings.clients.map((client) => (
                <PersonRow key={client.name} {...part} {...client} onKey={onKey} />
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
      <AddPerson
        isOff={isBusy || settings.editing !== 'possible'}
        onAdd={(name, onDone) =>
          make('add-client', { name }, ({ key }) => {
            onDone();
            onKey(name, key ?? '');
          })
        }
      />
    </section>
  );
}

type PersonRowProps = SettingsPeopleProps & ApiSettings['clients'][number];

function PersonRow({ name, keyFrom, settings, isBusy, make, report, onKey }: PersonRowProps) {
  const say = sayInSettings.value;
  const isOff = isBusy || settings.editing !== 'possible';
  const isHashed = keyFrom === 'key_sha256';
  const ask = (what: 'rotate' | 'remove', onConfirm: () => void) => {
    const isLast = what === 'remove' && settings.clients.length === 1;
    question.value = {
      title: say(`settings.people.${what}.one`, { name }),
      details: [
        say(`settings.people.${what}.detail`),
        ...(isLast ? [say('settings.people.remove.last')] : []),
      ],
      confirmLabel: say(`settings.people.${what}`),
      isDangerous: true,
      onConfirm,
    };
  };
  const rotate = () =>
    make('rotate-client', { name }, ({ key }) => {
      report(say('settings.done.rotated', { name }));
      onKey(name, key ?? '');
    });
  const remove = () =>
    make('remove-client', { name }, () => report(say('settings.done.removed', { name })));
  return (
    <tr data-name={name}>
      <th scope="row">{name}</th>
      <td>
        {isHashed
          ? say('settings.people.hashed')
          : say('settings.people.elsewhere', { place: keyFrom })}
      </td>
      <td class="row-tools">
        <button
          type="button"
          disabled={isOff || !isHashed}
          aria-label={`${say('settings.people.rotate')}: ${name}`}
          onClick={() => ask('rotate', rotate)}
        >
          {say('settings.people.rotate')}
        </button>
        <button
          type="button"
          disabled={isOff}
          aria-label={`${say('settings.people.remove')}: ${name}`}
          onClick={() => ask('remove', remove)}
        >
          {say('settings.people.remove')}
        </button>
      </td>
    </tr>
  );
}

interface AddPersonProps {
  readonly isOff: boolean;
  readonly onAdd: (name: string, onDone: () => void) => void;
}

function AddPerson({ isOff, onAdd }: AddPersonProps) {
  const say = sayInSettings.value;
  const name = useSignal('');
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd(name.value, () => {
          name.value = '';
        });
      }}
    >
      <label>
        {say('settings.people.name')}
        <input
          required
          maxLength={40}
          pattern="[A-Za-z0-9._\-]+"
          autocomplete="off"
          disabled={isOff}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="primary" disabled={isOff}>
        {say('settings.people.add')}
      </button>
    </form>
  );
}
