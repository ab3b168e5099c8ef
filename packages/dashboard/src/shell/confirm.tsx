import { Dialog } from '../components/dialog.tsx';
import { speech } from '../language/language.ts';
import { question } from '../state/actions.ts';

/** The confirmation of a disruptive action. The focus is on Cancel. */
export function Confirm() {
  const asked = question.value;
  if (asked === null) return null;
  const { say } = speech.value;
  const close = () => {
    question.value = null;
  };
  return (
    <Dialog labelledBy="confirm-title" onClose={close} key={asked.title}>
      <h2 id="confirm-title">{asked.title}</h2>
      {asked.details.map((detail) => (
        <p key={detail}>{detail}</p>
      ))}
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          {say('action.cancel')}
        </button>
        <button
          type="button"
          class={asked.isDangerous ? 'danger' : 'primary'}
          data-action="confirm"
          onClick={() => {
            close();
            asked.onConfirm();
          }}
        >
          {asked.confirmLabel}
        </button>
      </div>
    </Dialog>
  );
}
