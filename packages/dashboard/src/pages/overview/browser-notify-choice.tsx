import { speech } from '../../language/language.ts';
import { browserNotify, chooseBrowserNotify } from '../../state/browser-notifications.ts';

/** Whether this browser notifies, or why it cannot. */
export function BrowserNotifyChoice() {
  const { say } = speech.value;
  const status = browserNotify.value;
  const isOn = status === 'on';
  return (
    <>
      {(isOn || status === 'off') && (
        <button
          type="button"
          class="quiet-button"
          aria-pressed={isOn}
          onClick={() => void chooseBrowserNotify(!isOn)}
        >
          {say('browser.notify')}
        </button>
      )}
      {status !== 'off' && <p class="hint">{say(`browser.notify.${status}`)}</p>}
    </>
  );
}
