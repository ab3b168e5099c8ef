import { useSignal } from '@preact/signals';
import { DEFAULT_PORTS } from '@zephyr/contract/default-ports';
import type { ApiSettings } from '@zephyr/contract/operate/config-edit';

import { connectLines, proxyUrl } from '../../components/connect-lines.ts';
import { Dialog } from '../../components/dialog.tsx';
import { sayInSettings } from '../../language/settings-language.ts';
import { state } from '../../state/store.ts';

export interface ShownKey {
  readonly name: string;
  readonly key: string;
}

interface KeyDialogProps {
  readonly shown: ShownKey;
  readonly settings: ApiSettings;
  readonly onClose: () => void;
}

/** The only place that shows a key; closing the dialog discards it. */
export function KeyDialog({ shown: { name, key }, settings, onClose }: KeyDialogProps) {
  const say = sayInSettings.value;
  const isCopied = useSignal(false);
  const place = { ...settings, proxyPort: state.value?.proxyPort ?? DEFAULT_PORTS.proxy };
  const lines = connectLines(proxyUrl(place, location.hostname), key);
  // Available to secure pages only.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  return (
    <Dialog labelledBy="key-title" onClose={onClose}>
      <h2 id="key-title">{say('settings.key.title', { name })}</h2>
      <p>{say('settings.key.detail', { name })}</p>
      <pre class="key-lines">{lines}</pre>
      <div class="dialog-actions">
        {clipboard !== undefined && (
          <button
            type="button"
            onClick={() => {
              void clipboard.writeText(lines).then(() => {
                isCopied.value = true;
              });
            }}
          >
            {say(isCopied.value ? 'settings.copied' : 'settings.copy')}
          </button>
        )}
        <button type="button" class="primary" onClick={onClose}>
          {say('action.close')}
        </button>
      </div>
    </Dialog>
  );
}
