import { browserNotify, chooseBrowserNotify } from '../browser-notifications.ts';
import { speech } from '../language.ts';

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
