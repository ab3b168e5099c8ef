/** Compares the usage ledger with what the endpoints reported, per person and endpoint. */
import { PROBES } from '@zephyr/contract/reserved-names';
import type { UsageRow } from '@zephyr/contract/usage/usage';

import type { ProxyOutage } from './disturbances.ts';
import { type Delivery, type Ledger, NO_TOKENS, sumOf, type Tokens } from './ledger.ts';
import { CLAUDE, type Sent } from './people.ts';

/** A killed proxy may lose the last second, including requests that ended just before. */
const LOST_BY_KILL_MS = 2_000;

interface Bounds {
  readonly least: Tokens;
  readonly most: Tokens;
}

export interface Accounted {
  /** Each with both figures. */
  readonly violations: readonly string[];
  readonly named: Tokens;
  readonly counted: Tokens;
  /** Requests with known token counts, and others. */
  readonly certain: number;
  readonly uncertain: number;
  /** Of people. */
  readonly requests: number;
}

export interface AccountingInput {
  readonly rows: readonly UsageRow[];
  readonly ledger: Ledger;
  readonly sent: readonly Sent[];
  readonly outages: readonly ProxyOutage[];
  readonly people: ReadonlySet<string>;
}

export function accounted(input: AccountingInput): Accounted {
  const { rows, sent } = input;
  const counted = countedOf(rows.filter(({ person }) => person !== PROBES));
  const { expected, certain, uncertain } = expectedOf(input);
  const places = new Set([...counted.keys(), ...expected.keys()]);
  const violations = [...places].flatMap((place) => {
    const has = counted.get(place) ?? NO_TOKENS;
    const { least, most } = expected.get(place) ?? { least: NO_TOKENS, most: NO_TOKENS };
    const isRight = isAtMost(least, has) && isAtMost(has, most);
    return isRight ? [] : [`${place}: ledger ${figures(has)}, endpoint ${rangeOf(least, most)}`];
  });
  const all = [...expected.values()];
  return {
    violations: [...violations, ...requestViolations(input)],
    named: all.map(({ most }) => most).reduce(sumOf, NO_TOKENS),
    counted: [...counted.values()].reduce(sumOf, NO_TOKENS),
    ...{ certain, uncertain, requests: sent.length },
  };
}

function countedOf(rows: readonly UsageRow[]): ReadonlyMap<string, Tokens> {
  const counted = new Map<string, Tokens>();
  for (const { person, endpoint, counts } of rows) {
    const place = placeOf(person, endpoint);
    const tokens: Tokens = {
      input: counts.inputTokens,
      output: counts.outputTokens,
      read: counts.cacheReadTokens,
      write: counts.cacheWrite5mTokens + counts.cacheWrite1hTokens,
    };
    counted.set(place, sumOf(counted.get(place) ?? NO_TOKENS, tokens));
  }
  return counted;
}

function expectedOf({ ledger, sent, outages }: AccountingInput) {
  const expected = new Map<string, Bounds>();
  let certain = 0;
  let uncertain = 0;
  for (const one of sent) {
    const given = answersOf(ledger.of(one.id));
    const isCertain =
      !mayBeLost(one, outages) &&
      (one.seen.end === 'whole' || !isCutAhead(one, ledger)) &&
      given.every((answer) => isSure(answer, one));
    if (isCertain) certain += 1;
    else uncertain += 1;
    for (const { endpoint, named } of given) {
      const place = placeOf(one.person.name, endpoint);
      const { least, most } = expected.get(place) ?? { least: NO_TOKENS, most: NO_TOKENS };
      expected.set(place, {
        least: isCertain ? sumOf(least, named) : least,
        most: sumOf(most, named),
      });
    }
  }
  return { expected, certain, uncertain };
}

/** The answers delivered to the client: for each body, the last one with content. */
function answersOf(deliveries: readonly Delivery[]): readonly Delivery[] {
  const last = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    if (delivery.hasContent) last.set(delivery.bodyHash, delivery);
  }
  return [...last.values()];
}

/** What an endpoint wrote while its peer was disconnecting may not have arrived. */
const isSure = ({ isAbandoned, isWhole }: Delivery, { seen }: Sent): boolean =>
  seen.end === 'whole' || (!isAbandoned && !(isWhole && seen.end === 'bad'));

/** A cut also ends the connection for later answers on it, while their endpoints may be writing them. */
const isCutAhead = ({ behind }: Sent, ledger: Ledger): boolean =>
  behind.some((id) => answersOf(ledger.of(id)).some(({ isWhole }) => !isWhole));

/** Whether its proxy was killed while it ran, or before it was certainly recorded. */
function mayBeLost({ person, fromMs, toMs }: Sent, outages: readonly ProxyOutage[]): boolean {
  return outages.some(
    (outage) =>
      outage.proxy === person.proxy &&
      // A request that never arrived was not counted either.
      fromMs < outage.toMs &&
      toMs > outage.fromMs - (outage.how === 'killed' ? LOST_BY_KILL_MS : 0),
  );
}

/** Number of requests counted per person; a conversation of the CLI is several requests. */
function requestViolations({
  rows,
  ledger,
  sent,
  outages,
  people,
}: AccountingInput): readonly string[] {
  return [...people].flatMap((name) => {
    const own = sent.filter(({ person }) => person.name === name);
    if (own.length === 0 || name.startsWith(CLAUDE)) return [];
    const has = rows
      .filter(({ person }) => person === name)
      .reduce((sum, { counts }) => sum + counts.requests, 0);
    const least = own.filter(
      (one) => !mayBeLost(one, outages) && !hasLeftUnseen(one, ledger),
    ).length;
    if (has >= least && has <= own.length) return [];
    return [`${name}: ${has} requests in the ledger, ${least} to ${own.length} sent`];
  });
}

/** Its client may have left before the proxy read it. */
const hasLeftUnseen = ({ id, seen }: Sent, ledger: Ledger): boolean =>
  seen.end === 'left' && ledger.of(id).length === 0;

const placeOf = (person: string, endpoint: string): string => `${person} at ${endpoint}`;

const isAtMost = (a: Tokens, b: Tokens): boolean =>
  a.input <= b.input && a.output <= b.output && a.read <= b.read && a.write <= b.write;

const figures = ({ input, output, read, write }: Tokens): string =>
  `${input}/${output}/${read}/${write}`;

const rangeOf = (least: Tokens, most: Tokens): string =>
  figures(least) === figures(most) ? figures(most) : `${figures(least)} to ${figures(most)}`;
