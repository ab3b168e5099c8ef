/**
 * May a failed attempt be sent again? `POST /v1/messages` changes nothing that the client relies
 * on, so a second copy is safe for its answer; but it may be billed twice. The table:
 *
 * | moment of failure                        | replay                        | takes budget |
 * |------------------------------------------|-------------------------------|--------------|
 * | client is gone                           | never                         |              |
 * | after the first content byte             | never: it would mix answers   |              |
 * | name, connect or TLS failed              | always, any other endpoint    | no           |
 * | a kept-alive connection was already dead | once, same endpoint, fresh    | no           |
 * | an error answer, or no answer            | `maxReplays`, other endpoint  | yes          |
 * | the body was not kept                    | never (but for failed connects) |            |
 */
import { assertNever } from './types.ts';

/**
 * How far the attempt came. `connecting`: no byte of the request can have been read.
 * `sent`: the request may have been read; no byte of an answer. `answered`: an answer came but
 * nothing of it was given to the client. `committed`: the client has content.
 */
export type AttemptPhase = 'connecting' | 'sent' | 'answered' | 'committed';

/** Up to which moment a replay is allowed. */
export const REPLAY_LIMITS = ['never', 'connect', 'before_headers', 'before_content'] as const;
export type ReplayLimit = (typeof REPLAY_LIMITS)[number];

export interface ReplayInput {
  readonly phase: AttemptPhase;
  /** The connection had served earlier requests and was reset before any byte of the answer. */
  readonly staleConnection: boolean;
  readonly clientGone: boolean;
  readonly bodyKept: boolean;
  /** Replays of this request that took budget, so far. */
  readonly replays: number;
  /** Whether this request was already sent again on a fresh connection. */
  readonly refreshed: boolean;
  readonly limit: ReplayLimit;
  readonly maxReplays: number;
}

export type ReplayDecision =
  | { readonly kind: 'stop'; readonly why: ReplayRefusal }
  | { readonly kind: 'same_endpoint_fresh_connection' }
  | { readonly kind: 'other_endpoint'; readonly takesBudget: boolean };

export type ReplayRefusal =
  | 'client_gone'
  | 'content_given'
  | 'body_not_kept'
  | 'not_allowed'
  | 'replays_spent';

export function decideReplay(input: ReplayInput): ReplayDecision {
  if (input.clientGone) return { kind: 'stop', why: 'client_gone' };
  if (input.phase === 'committed') return { kind: 'stop', why: 'content_given' };
  if (input.limit === 'never') return { kind: 'stop', why: 'not_allowed' };
  if (input.phase === 'connecting') return { kind: 'other_endpoint', takesBudget: false };
  if (!input.bodyKept) return { kind: 'stop', why: 'body_not_kept' };
  if (input.phase === 'sent' && input.staleConnection && !input.refreshed) {
    return { kind: 'same_endpoint_fresh_connection' };
  }
  if (!allows(input.limit, input.phase)) return { kind: 'stop', why: 'not_allowed' };
  if (input.replays >= input.maxReplays) return { kind: 'stop', why: 'replays_spent' };
  return { kind: 'other_endpoint', takesBudget: true };
}

function allows(limit: ReplayLimit, phase: 'sent' | 'answered'): boolean {
  switch (limit) {
    case 'never':
    case 'connect':
      return false;
    case 'before_headers':
      return phase === 'sent';
    case 'before_content':
      return true;
    default:
      return assertNever(limit);
  }
}
