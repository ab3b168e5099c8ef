/** Text to paste elsewhere, with a copy button. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

import { speech } from '../language/language.ts';

const DONE_MS = 2_000;

export function CopyLine({ text }: { readonly text: string }) {
  const { say } = speech.value;
  const code = useRef<HTMLElement>(null);
  const isCopied = useSignal(false);
  const onClick = async () => {
    if (!(await copy(text, code.current))) return;
    isCopied.value = true;
    setTimeout(() => {
      isCopied.value = false;
    }, DONE_MS);
  };
  return (
    <div class="copy-line">
      <code ref={code}>{text}</code>
      <button type="button" onClick={() => void onClick()}>
        {say(isCopied.value ? 'action.copied' : 'action.copy')}
      </button>
    </div>
  );
}

/** The clipboard is available to secure pages only; elsewhere the text is selected for manual copying. */
async function copy(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (element !== null) getSelection()?.selectAllChildren(element);
    return false;
  }
}
