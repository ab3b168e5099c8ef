/** The result of each request, and who was at fault. */
import { failover } from '@zephyr/runtime/config/keys/failover-and-ejection';

import type { Endpoint } from '../never-worse/endpoint.ts';
import type { ProxyOutage } from './disturbances.ts';
import { CUTTING, type Trouble } from './endpoint-faults.ts';
import type { Delivery, Ledger } from './ledger.ts';
import { CLAUDE, type Sent } from './people.ts';
import type { Stall } from './stalls.ts';

const { max_retries: MAX_RETRIES } = failover.parse({});

/**
 * - `lost`: no answer, although an endpoint was fully healthy.
 * - `cut_by_us`: its endpoint sent a complete answer, but its client did not get one.
 * - `cut`: its endpoint, or that of an earlier answer on the same connection, broke off after content,
 *   which cannot be retried.
 * - `dark`: no endpoint was fully healthy, or the machine stalled.
 * - `with_its_proxy`: its proxy was killed or not running.
 */
export type Verdict = 'good' | 'lost' | 'cut_by_us' | 'cut' | 'dark' | 'with_its_proxy';

export interface Judged {
  readonly sent: Sent;
  readonly verdict: Verdict;
}

export interface Evidence {
  readonly endpoints: readonly Endpoint[];
  readonly ledger: Ledger;
  readonly troubles: readonly Trouble[];
  readonly stalls: readonly Stall[];
  readonly outages: readonly ProxyOutage[];
}

export function verdictOf(sent: Sent, evidence: Evidence): Verdict {
  if (sent.seen.end !== 'bad') return 'good';
  const deliveries = evidence.ledger.of(sent.id);
  if (isWithItsProxy(sent, deliveries, evidence.outages)) return 'with_its_proxy';
  if ([sent.id, ...sent.behind].some((id) => evidence.ledger.of(id).some(isCut))) return 'cut';
  const isSentWhole = deliveries.at(-1)?.isWhole === true;
  if (isSentWhole && !sent.person.name.startsWith(CLAUDE)) return 'cut_by_us';
  return hadWell(sent, evidence) ? 'lost' : 'dark';
}

/** Also if the endpoint went away during an answer. */
const isCut = ({ hasContent, isWhole }: Delivery): boolean => hasContent && !isWhole;

function isWithItsProxy(
  { person, fromMs, toMs, seen }: Sent,
  deliveries: readonly Delivery[],
  outages: readonly ProxyOutage[],
): boolean {
  return outages.some(
    (outage) =>
      outage.proxy === person.proxy &&
      fromMs < outage.toMs &&
      toMs > outage.fromMs &&
      // A proxy that is stopping finishes active requests and refuses new ones.
      (outage.how === 'killed' || (seen.status === 0 && deliveries.length === 0)),
  );
}

/** Whether some endpoint was fully healthy during the whole request. */
function hadWell({ fromMs, toMs }: Sent, { endpoints, troubles, stalls }: Evidence): boolean {
  const isMet = (each: Stall): boolean => each.fromMs < toMs && each.toMs > fromMs;
  if (stalls.some(isMet)) return false;
  return endpoints.some(
    ({ name }) => !troubles.some((each) => each.endpoint === name && isMet(each)),
  );
}

/** Requests that reached endpoints more often than allowed. */
export function repeatedTooOften(ledger: Ledger): readonly string[] {
  return ledger.ids.flatMap((id) => {
    const counts = new Map<string, number>();
    for (const { bodyHash } of ledger.of(id)) {
      counts.set(bodyHash, (counts.get(bodyHash) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    return most <= 1 + MAX_RETRIES ? [] : [`${id}: ${most} deliveries`];
  });
}

/** Active requests when an endpoint begins to cut, plus the two that reveal it. */
export function maxCuts(troubles: readonly Trouble[], atOnce: number): number {
  const times = troubles.filter(({ what }) => CUTTING.includes(what)).length;
  return times * (2 + atOnce / 2);
}

/** One line for a request that should not have been lost. */
export function describe(
  { id, fromMs, toMs, seen }: Sent,
  { ledger, troubles }: Evidence,
  events: readonly { readonly atMs: number; readonly what: string }[],
): string {
  const now = troubles
    .filter((each) => each.fromMs < toMs && each.toMs > fromMs)
    .map((each) => `${each.endpoint} ${each.what} since ${seconds(fromMs - each.fromMs)}`);
  const recent = events
    .filter(({ atMs }) => atMs < toMs && atMs > fromMs - 15_000)
    .map(({ atMs, what }) => `${what} ${seconds(fromMs - atMs)} before`);
  const asked = ledger.of(id).map(({ endpoint, what, hasContent, isWhole, isAbandoned }) => {
    const state = isWhole ? 'whole' : hasContent ? 'content' : 'nothing';
    return `${endpoint} (${what}): ${state}${isAbandoned ? ', abandoned' : ''}`;
  });
  const took = seconds(toMs - fromMs);
  return `${id}, ${took}: status ${seen.status}, ${seen.error.slice(0, 300)}; asked ${asked.join(', ') || 'none'}; ${[...now, ...recent].join('; ')}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
