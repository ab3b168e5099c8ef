/**
 * Reads an endpoint's answer to a probe: whether it is complete, judged by the same code as in the proxy,
 * and what it charged. Pure.
 *
 * @see https://docs.claude.com/en/api/messages-streaming
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import {
  type ApiError,
  ContentGate,
  DocumentEnd,
  failureOfApiError,
  NO_USAGE,
  parsedJson,
  StreamEnd,
} from '@zephyr/core';

export type AnswerVerdict =
  | { readonly kind: 'whole' }
  /** It begins like an answer; the end of the request decides the rest. */
  | { readonly kind: 'partial' }
  /** Nothing that identifies it yet. */
  | { readonly kind: 'undecided' }
  | {
      readonly kind: 'failed';
      readonly failure: FailureClass;
      readonly error?: ApiError | undefined;
    };

/**
 * @param body Decoded; of an answer with a success status.
 * @param isEnded Whether all of it has arrived.
 */
export function judgeAnswer(body: string, isEnded: boolean): AnswerVerdict {
  const start = new ContentGate();
  const pushed = start.push(body);
  const verdict = pushed.kind === 'buffer' && isEnded ? start.atEnd() : pushed;
  switch (verdict.kind) {
    case 'buffer':
      return { kind: 'undecided' };
    case 'fail':
      return { kind: 'failed', failure: verdict.failure, error: verdict.error };
    case 'pass':
      return { kind: 'failed', failure: 'client_error', error: verdict.error };
    case 'commit':
      if (verdict.form === 'stream') return judgeStream(body, isEnded);
      return { kind: isEnded && parsedJson(body) !== undefined ? 'whole' : 'partial' };
  }
}

function judgeStream(body: string, isEnded: boolean): AnswerVerdict {
  const end = new StreamEnd();
  end.push(body);
  if (isEnded) end.finish();
  const { ending } = end;
  if (ending === undefined) return { kind: 'partial' };
  if (ending.kind === 'whole') return { kind: 'whole' };
  const { error } = ending;
  const failure = error === undefined ? 'server_error' : failureOfApiError(error);
  return { kind: 'failed', failure, error };
}

/** As far as it was reported, read by the same code as in the proxy. */
export function usageInBody(body: string): AnswerUsage {
  const end = body.trimStart().startsWith('{') ? new DocumentEnd() : new StreamEnd();
  end.push(body);
  end.finish();
  return end.usage ?? NO_USAGE;
}
