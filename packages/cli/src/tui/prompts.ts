/** The questions and replies on the last line. Pure. */
import { nameOf, type Translate } from '@zephyr/texts';

import type { Model } from './model.ts';

export function promptText({ prompt, state }: Model, say: Translate): string | undefined {
  if (state === null) return undefined;
  switch (prompt.status) {
    case 'none':
    case 'help':
      return undefined;
    case 'go_manual':
      return say('tui.chooseManual', { name: nameOf(state, prompt.endpointId) });
    case 'use_unavailable':
      return say('tui.confirmUnavailable', { name: nameOf(state, prompt.endpointId) });
  }
}

export interface NoteLine {
  readonly text: string;
  readonly colour: 'green' | 'red' | 'yellow';
}

export function noteText(model: Model, say: Translate): NoteLine | undefined {
  const { note } = model;
  if (note === null) return undefined;
  switch (note.kind) {
    case 'busy':
      return { text: say('busy.command'), colour: 'yellow' };
    case 'failed':
      return { text: say('failed.command', { why: note.text }), colour: 'red' };
    case 'done':
      return {
        text: note.answer.outcome === 'unchanged' ? say('done.unchanged') : doneText(model, say),
        colour: 'green',
      };
  }
}

function doneText({ note, state }: Model, say: Translate): string {
  if (note?.kind !== 'done') return '';
  const mode = state?.mode;
  switch (note.command) {
    case 'probe':
      return say('done.probe', { count: note.answer.affected });
    case 'pause':
    case 'resume':
      return say(`done.${note.command}`);
    default:
      return state === null || mode?.kind !== 'manual'
        ? say('done.unpin')
        : say('done.mode.manual', { name: nameOf(state, mode.endpointId) });
  }
}
