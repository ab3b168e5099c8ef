import { speech } from '../language/language.ts';
import { decisionShown, type ShownDecision } from '../state/decision-shown.ts';

interface WhyButtonProps {
  readonly decision: ShownDecision;
  /** What the decision was. */
  readonly about: string;
}

/** Opens the reasons of a decision. */
export function WhyButton({ decision, about }: WhyButtonProps) {
  const { say } = speech.value;
  return (
    <button
      type="button"
      class="quiet-button why-button"
      aria-haspopup="dialog"
      onClick={() => {
        decisionShown.value = decision;
      }}
    >
      {say('action.why')}
      <span class="unseen">: {about}</span>
    </button>
  );
}
