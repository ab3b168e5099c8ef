/** What routing has to know of a request: what it asks for, and what distinguishes it from others. */
import type { IncomingMessage } from 'node:http';

import type { Operation, RoutedRequest } from '@zephyr/core';

export interface RoutedRequestInput {
  readonly req: IncomingMessage;
  readonly operation: Operation;
  /** As the body names it; empty where it does not. */
  readonly model: string;
  readonly bodyBytes: number;
  /** Whose request it is: the name of a key, or an address. */
  readonly owner: string;
  /** Behind an address may be many people: there their sessions distinguish them. */
  readonly isOwnerOnePerson: boolean;
  /** Of Claude Code, where the request names one. */
  readonly sessionId: string | undefined;
}

/** Betas that change the limits of a model, such as `context-1m-2025-08-07`. */
const LIMITING_BETA = /(?:^|,)\s*(context-[a-z0-9-]{1,40})/g;

export function routedRequestOf(input: RoutedRequestInput): RoutedRequest {
  const { req, operation, model, bodyBytes, owner, sessionId } = input;
  const session = `${owner} ${sessionId ?? ''}`;
  return {
    operation,
    model: model + limitingBetas(req.headers['anthropic-beta']),
    source: input.isOwnerOnePerson ? owner : session,
    // Without hashing the body: a client that asks the same again sends as many bytes.
    fingerprint: `${session} ${bodyBytes}`,
  };
}

function limitingBetas(header: string | string[] | undefined): string {
  if (header === undefined || !header.includes('context-')) return '';
  const betas = [...String(header).matchAll(LIMITING_BETA)].map(([, beta]) => ` ${beta}`);
  return betas.slice(0, 3).toSorted().join('');
}
