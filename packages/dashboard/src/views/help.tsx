import { signal } from '@preact/signals';

import { speech } from '../language.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';

export const isHelpOpen = signal(false);

const KEYS = [
  ['R', 'check'],
  ['P', 'pause'],
  ['M', 'mode'],
  ['↑ ↓', 'rows'],
  ['Enter', 'select'],
  ['L', 'language'],
  ['?', 'help'],
] as const;

const WORDS = ['score', 'fallback', 'ejected', 'cooling', 'draining'] as const;

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
        {KEYS.map(([key, name]) => (
          <div key={name}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{say(`help.key.${name}`)}</dd>
          </div>
        ))}
      </dl>
      <h3>{say('help.words')}</h3>
      <ul class="plain-list">
        {WORDS.map((word) => (
          <li key={word}>{say(`help.word.${word}`)}</li>
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
