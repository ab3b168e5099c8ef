/** What an error answer says, as far as it has come. */
import type { IncomingMessage } from 'node:http';

import { judgeRefusal, type RefusalVerdict } from '@zephyr/core';

import type { JudgedAs } from './content-gate.ts';

/** An error answer is small; what is larger is not read to the end. */
export const MAX_REFUSAL_BYTES = 64 * 1024;
const UNSUPPORTED_STATUSES: ReadonlySet<number> = new Set([404, 405, 501]);

export interface Refusal extends RefusalVerdict {
  readonly status: number;
  /** It can be read and no length says that more follows, whatever its connection does. */
  readonly isWhole: boolean;
}

export function refusalOf(
  { statusCode: status = 0, headers }: IncomingMessage,
  held: readonly Buffer[],
  judgedAs: JudgedAs,
): Refusal {
  const { failure, error } = judgeRefusal({
    status,
    contentType: headers['content-type']?.toLowerCase() ?? '',
    bodyStart: Buffer.concat(held).toString('latin1', 0, MAX_REFUSAL_BYTES),
  });
  // What is not a message is optional for a relay: "not here" speaks of the operation.
  const isUnsupported = judgedAs !== 'message' && UNSUPPORTED_STATUSES.has(status);
  return {
    ...{ status, error, failure: isUnsupported ? 'unsupported' : failure },
    isWhole: error !== undefined && headers['content-length'] === undefined,
  };
}
