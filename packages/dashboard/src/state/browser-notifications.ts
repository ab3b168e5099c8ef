/** Browser notifications while this page is open in the background: opt-in, remembered here. */
import { computed, signal } from '@preact/signals';
import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import { logText } from '@zephyr/texts/screens';

import { speech } from '../language/language.ts';
import { notifyAbout, type ShownByTag, showStep } from './notification-data.ts';
import { state } from './store.ts';

const CHOICE = 'zephyr-notify';
const SHOWN = 'zephyr-notified';
/** Time until all tabs see what one has stored: they may be separate processes. */
const STORED_MS = 1_000;

export type BrowserNotify = 'on' | 'off' | 'denied' | 'insecure' | 'unsupported';

const isChosen = signal(readItem(CHOICE) === 'on');
const ability = signal(abilityNow());

export const browserNotify = computed<BrowserNotify>(() => {
  if (ability.value !== 'default' && ability.value !== 'granted') return ability.value;
  return isChosen.value && ability.value === 'granted' ? 'on' : 'off';
});

/** Asks for permission if the browser has not yet: browsers require a click for that. */
export async function chooseBrowserNotify(isWanted: boolean): Promise<void> {
  isChosen.value = isWanted;
  writeItem(CHOICE, isWanted ? 'on' : 'off');
  if (isWanted && ability.value === 'default') await Notification.requestPermission();
  ability.value = abilityNow();
}

/** @param earlier the log before this entry, newest first */
export function notifyOf(entry: ApiLogEntry, earlier: readonly ApiLogEntry[]): void {
  if (browserNotify.peek() !== 'on' || document.visibilityState === 'visible') return;
  const about = notifyAbout(entry, earlier);
  const names = state.peek();
  if (about === undefined || names === null) return;
  const text = logText(entry, names, speech.peek());
  // Only the first tab shows it: the others see what it stored only a moment later.
  void navigator.locks.request(`${SHOWN} ${entry.id}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    const step = showStep(entry, about, JSON.parse(readItem(SHOWN) ?? '{}') as ShownByTag);
    if (step === undefined) return;
    writeItem(SHOWN, JSON.stringify(step.shown));
    show(text, step.tag, step.isAlert);
    await new Promise((resolve) => setTimeout(resolve, STORED_MS));
  });
}

function show(body: string, tag: string, isAlert: boolean): void {
  const options = { body, tag, lang: document.documentElement.lang, renotify: isAlert };
  try {
    const notification = new Notification(speech.peek().say('app.title'), {
      ...options,
      silent: !isAlert,
    });
    notification.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
  } catch {
    // Phone browsers have the constructor, but it throws: they require a service worker.
    ability.value = 'unsupported';
  }
}

function abilityNow(): NotificationPermission | 'insecure' | 'unsupported' {
  if (!window.isSecureContext) return 'insecure';
  return 'Notification' in window && 'locks' in navigator ? Notification.permission : 'unsupported';
}

function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeItem(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
}
