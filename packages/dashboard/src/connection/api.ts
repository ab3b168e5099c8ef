/** Requests to the controller. */

import { ADMIN_TIMEOUT_MS } from '@zephyr/contract/api/admin-timing';
import type { Problem } from '@zephyr/contract/operate/problem';

import { fromHere } from './from-here.ts';

export type ApiResult<Answer> =
  | { readonly status: 'done'; readonly answer: Answer }
  | { readonly status: 'refused'; readonly problem: Problem }
  | { readonly status: 'unreachable' };

/** A failed result. */
export type ApiTrouble = Exclude<ApiResult<never>, { readonly status: 'done' }>;

/** @param address as the contract has it: from the root */
export async function ask<Answer>(
  address: string,
  init?: RequestInit,
  timeoutMs = ADMIN_TIMEOUT_MS,
): Promise<ApiResult<Answer>> {
  try {
    const response = await fetch(fromHere(address), {
      ...init,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return { status: 'done', answer: (await response.json()) as Answer };
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    if (isProblem !== true) return { status: 'unreachable' };
    return { status: 'refused', problem: (await response.json()) as Problem };
  } catch {
    return { status: 'unreachable' };
  }
}
