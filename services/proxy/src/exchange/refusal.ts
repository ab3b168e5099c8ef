/** Interprets an error answer as far as it has arrived. */
import type { IncomingMessage } from 'node:http';

import { KIB } from '@zephyr/contract/units';

import { judgeRefusal, type RefusalVerdict } from '@zephyr/core';

import type { JudgedAs } from './answer-gate.ts';

/** Error answers are small; the rest of a larger one is not read. */
export const MAX_REFUSAL_BYTES = 64 * KIB;
const UNSUPPORTED_STATUSES: ReadonlySet<number> = new Set([404, 405, 501]);

export interface Refusal extends RefusalVerdict {
  readonly status: number;
  /** Its error is readable and no length announces more, whatever happens to its connection. */
  readonly isWhole: boolean;
}

export function refusalOf(
  { statusCode: status = 0, headers }: IncomingMessage,
  buffered: readonly Buffer[],
  judgedAs: JudgedAs,
): Refusal {
  const { failure, error } = judgeRefusal({
    status,
    contentType: headers['content-type']?.toLowerCase() ?? '',
    bodyStart: Buffer.concat(buffered).toString('latin1', 0, MAX_REFUSAL_BYTES),
  });
  // Relays need only support messages: for other operations "not here" is about the operation.
  const isUnsupported = judgedAs !== 'message' && UNSUPPORTED_STATUSES.has(status);
  return {
    ...{ status, error, failure: isUnsupported ? 'unsupported' : failure },
    isWhole: error !== undefined && headers['content-length'] === undefined,
  };
}
