/** The table in docs/data-path.md of what a failure counts against, from the code that decides it. */
import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import { isAnswer, isSharedByGroup, isUnreachable, OPERATIONS, scopeOf } from '@zephyr/core';

/** Only probes end like this, never a client's request. */
const OF_PROBES: ReadonlySet<FailureClass> = new Set(['cli_missing', 'cli_crashed']);

export function renderScopeTable(): string {
  return [
    `| failure | ${OPERATIONS.map((operation) => `\`${operation}\``).join(' | ')} | ejects | shared by its group |`,
    `|---|${OPERATIONS.map(() => '---|').join('')}---|---|`,
    ...FAILURE_CLASSES.filter((failure) => !OF_PROBES.has(failure)).map((failure) => {
      const scopes = OPERATIONS.map((operation) => scopeOf(failure, operation));
      return `| ${[`\`${failure}\``, ...scopes, ejectsAfter(failure), isSharedByGroup(failure) ? 'yes' : 'no'].join(' | ')} |`;
    }),
  ].join('\n');
}

function ejectsAfter(failure: FailureClass): string {
  switch (scopeOf(failure, 'messages')) {
    case 'endpoint':
      if (isUnreachable(failure)) return 'at once';
      return isAnswer(failure) ? 'when different people get it' : '`failures_to_eject` in a row';
    case 'token':
      return 'when two different requests get it';
    default:
      return 'never';
  }
}
