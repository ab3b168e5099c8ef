/** Who may use the proxy, and its endpoints: the same edits of config.toml as on the command line. */
import { type Signal, useSignal } from '@preact/signals';
import type { ApiSettings } from '@zephyr/contract/operate/config-edit';
import { useEffect } from 'preact/hooks';

import { Banner } from '../../components/banners.tsx';
import type { ApiTrouble } from '../../connection/api.ts';
import { sayInSettings } from '../../language/settings-language.ts';
import { edit, loadSettings, type MakeEdit } from './settings-data.ts';
import { SettingsEndpoints } from './settings-endpoints.tsx';
import { KeyDialog, type ShownKey } from './settings-key.tsx';
import { SettingsPeople } from './settings-people.tsx';

export function SettingsPage() {
  const settings = useSignal<ApiSettings | null>(null);
  const trouble = useSignal<ApiTrouble | null>(null);
  const isBusy = useSignal(false);
  const done = useSignal('');
  const shownKey = useSignal<ShownKey | null>(null);
  const load = async () => {
    const result = await loadSettings();
    if (result.status === 'done') settings.value = result.answer;
    else trouble.value = result;
  };
  useEffect(() => void load(), []);
  const make: MakeEdit = (name, body, onDone) => {
    if (isBusy.value) return;
    isBusy.value = true;
    done.value = '';
    trouble.value = null;
    void edit(name, body).then(async (result) => {
      if (result.status === 'done') onDone(result.answer);
      else [trouble.value, done.value] = [result, ''];
      await load();
      isBusy.value = false;
    });
  };
  const now = settings.value;
  const report = (text: string) => {
    done.value = text;
  };
  const part = { isBusy: isBusy.value, make, report };
  return (
    <div class="page settings">
      <Trouble trouble={trouble} />
      {now !== null && <Locked settings={now} />}
      <p class="done" role="status">
        {done.value}
      </p>
      {now !== null && (
        <>
          <SettingsPeople
            {...part}
            settings={now}
            onKey={(name, key) => {
              shownKey.value = { name, key };
            }}
          />
          <SettingsEndpoints {...part} settings={now} />
        </>
      )}
      {shownKey.value !== null && now !== null && (
        <KeyDialog
          shown={shownKey.value}
          settings={now}
          onClose={() => {
            shownKey.value = null;
          }}
        />
      )}
    </div>
  );
}

/** The controller's error for this edit. */
function Trouble({ trouble }: { readonly trouble: Signal<ApiTrouble | null> }) {
  const say = sayInSettings.value;
  const now = trouble.value;
  if (now === null) return null;
  if (now.status === 'unreachable') return <Banner tone="bad" title={say('failed.network')} />;
  const { code, detail, advice } = now.problem;
  return (
    <Banner tone="bad" title={say(`problem.${code}`)}>
      {[detail, ...advice].join('; ')}
    </Banner>
  );
}

function Locked({ settings }: { readonly settings: ApiSettings }) {
  const say = sayInSettings.value;
  const { editing, path, adminTokenVariable: variable } = settings;
  switch (editing) {
    case 'possible':
      return null;
    case 'token_needed':
      return (
        <Banner tone="warn" title={say('settings.token_needed')}>
          {say('settings.token_needed.detail', { variable })}
        </Banner>
      );
    case 'read_only':
      return (
        <Banner tone="warn" title={say('settings.read_only', { path })}>
          {say('settings.read_only.detail')}
        </Banner>
      );
  }
}
