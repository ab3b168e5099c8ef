/** One thing that was looked at, and what to do where it is not well. */
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
  /** `warn`: works, but not for long or not well. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly advice?: string | undefined;
}

export const ok = (area: Finding['area'], text: string): Finding => ({ area, status: 'ok', text });

const MARKS: Readonly<Record<Finding['status'], string>> = { ok: '✓', warn: '!', fail: '✗' };

export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.map(({ area, status, text, advice }) => {
    const line = `${MARKS[status]} ${area.padEnd(8)} ${text}`;
    return advice === undefined || status === 'ok' ? line : `${line}\n             → ${advice}`;
  });
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const warned = findings.filter(({ status }) => status === 'warn').length;
  const end =
    failed + warned === 0
      ? 'All is well.'
      : `${failed} ${failed === 1 ? 'problem' : 'problems'}, ${warned} ${warned === 1 ? 'warning' : 'warnings'}.`;
  return [...lines, '', end].join('\n');
}
