import { Icon } from '../components/icon.tsx';
import { speech } from '../language/language.ts';
import { dismissToast, type Toast, toasts } from '../state/actions.ts';

/** Results of actions, with undo if there is one. */
export function Toasts() {
  return (
    <div class="toasts" role="log" aria-live="polite">
      {toasts.value.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastLine({ toast: { id, kind, text, onUndo } }: { readonly toast: Toast }) {
  const { say } = speech.value;
  return (
    <div class={`toast ${kind}`}>
      <Icon name={kind === 'done' ? 'serving' : 'warn'} />
      <span>{text}</span>
      {onUndo !== undefined && (
        <button
          type="button"
          onClick={() => {
            dismissToast(id);
            onUndo();
          }}
        >
          {say('action.undo')}
        </button>
      )}
      <button
        type="button"
        class="plain"
        aria-label={say('action.close')}
        onClick={() => dismissToast(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
