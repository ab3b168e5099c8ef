import { signal } from '@preact/signals';
import { helpKeys, helpWords } from '@zephyr/texts/screens';

import { Dialog } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { speech } from '../language/language.ts';

export const isHelpOpen = signal(false);

export function HelpButton() {
  const { say } = speech.value;
  return (
    <button
      type="button"
      class="plain"
      aria-keyshortcuts="?"
      aria-label={say('action.help')}
      title={`${say('action.help')} (?)`}
      onClick={() => {
        isHelpOpen.value = true;
      }}
    >
      <Icon name="help" />
    </button>
  );
}

export function Help() {
  if (!isHelpOpen.value) return null;
  const { say } = speech.value;
  const close = () => {
    isHelpOpen.value = false;
  };
  return (
    <Dialog labelledBy="help-title" onClose={close}>
      <h2 id="help-title">{say('help.title')}</h2>
      <dl class="keys">
        {helpKeys(say).map(({ key, text }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>{say('help.glossary')}</h3>
      <ul class="plain-list">
        {helpWords(say).map((word) => (
          <li key={word}>{word}</li>
        ))}
      </ul>
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          {say('action.close')}
        </button>
      </div>
    </Dialog>
  );
}
