/** The same letters as in the terminal dashboard. */

import { chooseLanguage, language } from '../language/language.ts';
import { probeNow, toggleMode, togglePause } from '../state/actions.ts';
import { state } from '../state/store.ts';
import { isHelpOpen } from './help.tsx';

const KEYS: Readonly<Record<string, () => void>> = {
  r: () => probeNow(),
  p: togglePause,
  m: toggleMode,
  l: () => chooseLanguage(language.value === 'en' ? 'zh' : 'en'),
  '?': () => {
    isHelpOpen.value = true;
  },
};

/** Returns a function that stops listening. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (!isForUs(event)) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (isScrolling(event)) return;
      if (moveChoice(event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
      return;
    }
    KEYS[event.key.toLowerCase()]?.();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

/** Not while a dialog is open, while something is typed, or with a browser modifier key. */
function isForUs(event: KeyboardEvent): boolean {
  const isTyping =
    event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  const isDialogOpen = document.querySelector('dialog[open]') !== null;
  return !isTyping && !hasModifier && !isDialogOpen && state.value !== null;
}

/** Arrow keys scroll a list that has the focus. */
function isScrolling({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.matches('.scroll');
}

/** The selected endpoint is the one whose button has the focus, so that Enter acts on it. */
function moveChoice(step: 1 | -1): boolean {
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('.endpoint .use')].filter(
    (button) => !button.disabled,
  );
  if (buttons.length === 0) return false;
  const current = buttons.findIndex((button) => button.matches(':focus'));
  const next = current === -1 ? (step === 1 ? 0 : buttons.length - 1) : current + step;
  buttons[Math.min(buttons.length - 1, Math.max(0, next))]?.focus();
  return true;
}
