import type { Translate } from '@zephyr/texts';
import stringWidth from 'string-width';

import { padded } from '../../../output/table.ts';

/** The result of one check, and what to do if it is not ok. */
export interface Finding {
  readonly area:
    | 'config'
    | 'node'
    | 'cli'
    | 'token'
    | 'clock'
    | 'redis'
    | 'port'
    | 'network'
    | 'endpoint';
  /** `warn`: works, but not reliably. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly advice?: string | undefined;
}

export const ok = (area: Finding['area'], text: string): Finding => ({ area, status: 'ok', text });

const MARKS: Readonly<Record<Finding['status'], string>> = { ok: '✓', warn: '!', fail: '✗' };

export function renderFindings(findings: readonly Finding[], say: Translate): string {
  const areas = new Map(findings.map(({ area }) => [area, say(`doctor.area.${area}`)]));
  const width = Math.max(...[...areas.values()].map((name) => stringWidth(name)));
  const lines = findings.map(({ area, status, text, advice }) => {
    const name = padded(areas.get(area) ?? area, width);
    const line = `${MARKS[status]} ${name} ${text}`;
    if (advice === undefined || status === 'ok') return line;
    return `${line}\n${' '.repeat(width + 3)}→ ${advice}`;
  });
  const count = (wanted: Finding['status']): number =>
    findings.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const end =
    failed + warned === 0 ? say('doctor.well') : say('doctor.troubles', { failed, warned });
  return [...lines, '', end].join('\n');
}
