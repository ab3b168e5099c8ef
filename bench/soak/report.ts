/** The table of a soak, and every violation with its time. */
import { accounted } from './accounting.ts';
import type { Tokens } from './ledger.ts';
import type { Sent } from './people.ts';
import type { Played } from './run.ts';
import {
  describe,
  type Judged,
  maxCuts,
  repeatedTooOften,
  type Verdict,
  verdictOf,
} from './verdicts.ts';

export interface SoakReport {
  readonly markdown: string;
  readonly violations: readonly string[];
}

const LONG_SECONDS = 600;

interface Line {
  readonly what: string;
  readonly goal: string;
  readonly figures: string;
  readonly violations: readonly string[];
}

export function soakReport(played: Played): SoakReport {
  const lines = [
    ...requestLines(played),
    accountingLine(played),
    secretsLine(played),
    memoryLine(played),
    logsLine(played),
  ];
  const rows = lines.map(({ what, goal, figures, violations }) => {
    const verdict = violations.length === 0 ? 'met' : `**${violations.length} violations**`;
    return `| ${what} | ${goal} | ${figures} | ${verdict} |`;
  });
  const markdown = [aboutOf(played), '', '| what | goal | seen | |', '|---|---|---|---|', ...rows];
  return {
    markdown: markdown.join('\n'),
    violations: lines.flatMap(({ what, violations }) => violations.map((one) => `${what}: ${one}`)),
  };
}

function aboutOf({
  options,
  troubles,
  disturbances,
  stalls,
  sent,
  poison,
  ledger,
}: Played): string {
  const { events } = disturbances;
  const of = (start: string): number => events.filter(({ what }) => what.startsWith(start)).length;
  const services = events.length - of('redis');
  return `Seed ${options.seed}, ${(options.seconds / 60).toFixed(0)} min: ${troubles.length} faults of endpoints, ${of('redis')} of Redis (emptied ${of('redis emptied')} times), ${services} of services (proxies ended ${disturbances.outages.length} times); ${sent.length} requests of people, ${poison} of a poisoner, ${ledger.deliveries} deliveries; the machine stalled for a second ${stalls.length} times.`;
}

function requestLines(played: Played): readonly Line[] {
  const { options, sent, direct, disturbances, troubles, startedAtMs, ledger, people } = played;
  const evidence = { ...played, outages: disturbances.outages };
  const judged = sent.map((one): Judged => ({ sent: one, verdict: verdictOf(one, evidence) }));
  const of = (verdict: Verdict): readonly Sent[] =>
    judged.filter((one) => one.verdict === verdict).map((one) => one.sent);
  const count = (verdict: Verdict): string => of(verdict).length.toLocaleString('en');
  const show = (one: Sent): string =>
    `at ${((one.fromMs - startedAtMs) / 1_000).toFixed(1)} s: ${describe(one, evidence, disturbances.events)}`;
  const lostShare = (all: readonly Sent[]): number =>
    all.filter(({ seen }) => seen.end === 'bad').length / Math.max(1, all.length);
  const endpoints = [...new Set(direct.map(({ person }) => person.name))];
  const best = Math.min(
    ...endpoints.map((name) => lostShare(direct.filter(({ person }) => person.name === name))),
  );
  // Without those lost with their proxy: a load balancer and a retry would have saved them.
  const own = sent.filter((one) => !of('with_its_proxy').includes(one));
  const cuts = of('cut');
  const uncut = own.filter((one) => !cuts.includes(one));
  const isLong = options.seconds >= LONG_SECONDS;
  const atOnce = people.reduce((sum, person) => sum + person.atOnce, 0);
  const allowedCuts = maxCuts(troubles, atOnce);
  const repeated = repeatedTooOften(ledger);
  return [
    {
      what: 'lost while an endpoint was wholly well',
      goal: '0 but the poisoner',
      figures: `${count('lost')} of ${sent.length.toLocaleString('en')}; with their proxy ${count('with_its_proxy')}, no endpoint well ${count('dark')}`,
      violations: of('lost').map(show),
    },
    {
      what: 'an answer cut that its endpoint gave whole',
      goal: '0',
      figures: count('cut_by_us'),
      violations: of('cut_by_us').map(show),
    },
    {
      what: 'cut by its endpoint after content',
      goal: `≤ ${allowedCuts}: what runs when one begins to cut, and two more`,
      figures: count('cut'),
      violations: cuts.length <= allowedCuts ? [] : [`${cuts.length} cut`],
    },
    {
      what: 'all that was lost, also while no endpoint was well',
      goal: `≤ ${percent(best)}, which the best endpoint loses, asked directly`,
      figures: `${percent(lostShare(uncut))}; with cut ones ${percent(lostShare(own))}`,
      // Within a few minutes one endpoint may have had no fault at all.
      violations: isLong && lostShare(uncut) > best ? [percent(lostShare(uncut))] : [],
    },
    {
      what: 'deliveries of one request',
      goal: '≤ 1 + `max_retries`',
      figures: `${repeated.length} more often`,
      violations: repeated,
    },
  ];
}

function accountingLine(played: Played): Line {
  const { rows, ledger, sent, disturbances, people, reports } = played;
  const names = new Set(people.map(({ name }) => name));
  const { outages } = disturbances;
  const found = accounted({ rows, ledger, sent, outages, people: names });
  const [byPerson, byEndpoint] = reports.map((total) => JSON.stringify(total));
  const isEqual = byPerson === byEndpoint && byPerson !== undefined;
  return {
    what: 'tokens in the ledger of usage, for each person at each endpoint',
    goal: 'what the endpoints named, to the token',
    figures: `${found.certain.toLocaleString('en')} requests exact, ${found.uncertain.toLocaleString('en')} at a proxy that was killed or cut off within bounds; ${totalOf(found.counted)} of ${totalOf(found.named)} tokens`,
    violations: [
      ...found.violations,
      ...(isEqual ? [] : [`by person ${byPerson}, by endpoint ${byEndpoint}`]),
    ],
  };
}

const totalOf = ({ input, output, read, write }: Tokens): string =>
  (input + output + read + write).toLocaleString('en');

function secretsLine({ secrets }: Played): Line {
  return {
    what: 'tokens, keys and prompts in logs, metrics, Redis, files, errors, processes, at other endpoints',
    goal: '0',
    figures: `${secrets.found.length} in ${secrets.searchedMib.toFixed(0)} MiB`,
    violations: secrets.found,
  };
}

function memoryLine({ memory }: Played): Line {
  const figures = memory.figures();
  const mib = (value: number): string => value.toFixed(0);
  return {
    what: 'memory of each service, MiB: after 2 min, at the end, most',
    goal: 'bounded',
    figures: figures
      .map(({ label, warmMib, lastMib, maxMib }) => {
        const warm = warmMib === undefined ? '–' : mib(warmMib);
        return `${label} ${warm}, ${mib(lastMib)}, ${mib(maxMib)}`;
      })
      .join('; '),
    violations: figures
      .filter(({ isBounded }) => !isBounded)
      .map(({ label, warmMib, lastMib, maxMib }) =>
        [label, warmMib?.toFixed(0), mib(lastMib), mib(maxMib)].join(' '),
      ),
  };
}

function logsLine({ logs }: Played): Line {
  const { violations, lines } = logs;
  return {
    what: 'unexpected errors in logs, services that ended by themselves',
    goal: '0',
    figures: `${violations.length} in ${lines.toLocaleString('en')} lines`,
    violations,
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
