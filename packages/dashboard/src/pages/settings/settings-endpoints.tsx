import { type Signal, useSignal } from '@preact/signals';
import type { ApiSettings, EditBody } from '@zephyr/contract/operate/config-edit';
import { useId } from 'preact/hooks';

import { Scrolling } from '../../components/scrolling.tsx';
import { send } from '../../connection/send-command.ts';
import { sayInSettings } from '../../language/settings-language.ts';
import { question } from '../../state/actions.ts';
import type { SettingsPart } from './settings-data.ts';
import { goodTestText, type ShownTest, TestResult } from './settings-test.tsx';

export function SettingsEndpoints(part: SettingsPart) {
  const say = sayInSettings.value;
  const { settings, isBusy, make, report } = part;
  const shown = useSignal<ShownTest | null>(null);
  const add: AddEndpointProps['onAdd'] = (body, onDone) => {
    const { name } = body;
    shown.value = null;
    make('add-endpoint', body, ({ tokenVariable: variable, tested }) => {
      onDone();
      const good = tested?.isInService === true ? [goodTestText({ name, tested })] : [];
      const token = variable === null ? [] : [say('settings.done.token', { variable })];
      report([...good, ...token].join(' · '));
      if (tested?.isInService === false) shown.value = { name, tested };
    });
    report(say('settings.testing', { name }));
  };
  const use = () => {
    const now = shown.value;
    if (now === null) return;
    void send('enable', { endpointId: now.tested.endpointId }).then(({ status }) => {
      if (status !== 'done') return;
      shown.value = null;
      report(say('settings.test.used', { name: now.name }));
    });
  };
  return (
    <section class="panel" aria-labelledby="settings-endpoints-title">
      <h2 id="settings-endpoints-title">{say('settings.endpoints')}</h2>
      <Scrolling labelledBy="settings-endpoints-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{say('settings.endpoints.name')}</th>
              <th scope="col">{say('settings.endpoints.group')}</th>
              <th scope="col">URL</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {settings.endpoints.map((endpoint) => (
              <EndpointRow key={endpoint.name} {...part} {...endpoint} />
            ))}
          </tbody>
        </table>
      </Scrolling>
      <AddEndpoint
        isOff={isBusy || settings.editing !== 'possible'}
        groups={settings.endpoints.map(({ group }) => group)}
        onAdd={add}
      />
      {shown.value !== null && <TestResult {...shown.value} isBusy={isBusy} onUse={use} />}
    </section>
  );
}

type EndpointRowProps = SettingsPart & ApiSettings['endpoints'][number];

function EndpointRow({ name, group, url, settings, isBusy, make, report }: EndpointRowProps) {
  const say = sayInSettings.value;
  const title = say('settings.endpoints.remove.one', { name });
  const remove = () => {
    question.value = {
      title,
      details: [say('settings.endpoints.remove.detail')],
      confirmLabel: say('settings.people.remove'),
      isDangerous: true,
      onConfirm: () =>
        make('remove-endpoint', { name }, () => report(say('settings.done.removed', { name }))),
    };
  };
  const isOnlyOne = settings.endpoints.length === 1;
  return (
    <tr data-name={name}>
      <th scope="row">{name}</th>
      <td>{group}</td>
      <td>{url}</td>
      <td class="row-tools">
        <button
          type="button"
          disabled={isBusy || isOnlyOne || settings.editing !== 'possible'}
          aria-label={`${say('settings.people.remove')}: ${name}`}
          onClick={remove}
        >
          {say('settings.people.remove')}
        </button>
      </td>
    </tr>
  );
}

interface AddEndpointProps {
  readonly isOff: boolean;
  readonly groups: readonly string[];
  readonly onAdd: (body: EditBody<'add-endpoint'>, onDone: () => void) => void;
}

function AddEndpoint({ isOff, groups, onAdd }: AddEndpointProps) {
  const say = sayInSettings.value;
  const fields = {
    ...{ name: useSignal(''), url: useSignal('') },
    ...{ group: useSignal(groups[0] ?? ''), token: useSignal('') },
  };
  const isNewGroup = !groups.includes(fields.group.value);
  const submit = (event: Event) => {
    event.preventDefault();
    const { name, url, group, token } = fields;
    const body = { name: name.value, url: url.value, group: group.value };
    onAdd(isNewGroup && token.value !== '' ? { ...body, token: token.value } : body, () => {
      for (const field of [name, url, token]) field.value = '';
    });
  };
  return (
    <form class="filters" onSubmit={submit}>
      <Field label={say('settings.endpoints.name')} value={fields.name} isOff={isOff} />
      <Field label={say('settings.endpoints.url')} value={fields.url} isOff={isOff} />
      <Field label={say('settings.endpoints.group')} value={fields.group} isOff={isOff} />
      {isNewGroup && (
        <Field
          label={say('settings.endpoints.token')}
          value={fields.token}
          isOff={isOff}
          isSecret={true}
        />
      )}
      <button type="submit" class="primary" disabled={isOff}>
        {say('settings.endpoints.add')}
      </button>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly isOff: boolean;
  /** May be empty: the environment may provide it. */
  readonly isSecret?: boolean;
}

function Field({ label, value, isOff, isSecret = false }: FieldProps) {
  const id = useId();
  const common = {
    ...{ id, disabled: isOff, value: value.value },
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => {
      value.value = event.currentTarget.value;
    },
  };
  return (
    <label for={id}>
      {label}
      {isSecret ? (
        <input type="password" autocomplete="new-password" {...common} />
      ) : (
        <input type="text" autocomplete="off" required {...common} />
      )}
    </label>
  );
}
