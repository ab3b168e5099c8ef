import type { Comparison } from './compare.ts';
import { describeLengths, describeTable, lineOf, OURS } from './report.ts';
import type { Target } from './targets.ts';

/** The text of docs/simulation.md. */
export function simulationDocument(
  comparison: Comparison,
  about: { readonly seeds: readonly number[]; readonly targets: readonly Target[] },
): string {
  const { worlds, mix, mixWithoutCaches } = comparison;
  const sections = worlds.map(
    (world) => `### ${world.name}\n\n${capital(world.about)}.\n\n${describeTable(world.figures)}`,
  );
  const targets = about.targets.map(
    ({ text, isMet }) => `- ${isMet ? 'Met' : '**Not met**'}: ${text}.`,
  );
  return `${HEAD}
The tables are for the ${about.seeds.length > 1 ? 'seeds' : 'seed'} ${listed(about.seeds)}.
${SEEDS}

${targets.join('\n')}

## All worlds

Times are means over the worlds, the rest are sums.

${describeTable(mix)}

Most of the difference comes from prompt caches: only (a), (f) and (g) keep a session where its cache is; rules
that move it back and forth make the model read the whole conversation again. So here are the same worlds if
that costs nothing and sessions move freely. What remains is the choice by speed and reliability alone.
*Cached tokens lost* cost nothing in this table.

${describeTable(mixWithoutCaches)}

## Over a day

A team works with its endpoints for days. So here are (a) and the five endpoints alone, with the client's own retries, in
worlds of the same kinds and seeds that last 24 hours: in each hour there is as much trouble as before, in total six times
as much, and no endpoint stays lucky for that long. "Day and night" lasts a day in any case. The figures are those of (a)
minus those of the best single endpoint, each figure separately and in hindsight: the mean over the seeds ± half of its 95 %
interval. More good answers and a lower p90 are better. "Worse" has the same tolerance as above.

${dayTable(comparison)}

## Each world

${sections.join('\n\n')}
`;
}

export function dayTable({ worlds, overADay }: Comparison): string {
  return describeLengths(
    worlds.map(({ name, figures }) => [name, lineOf(figures, OURS)]),
    new Map(overADay.map(({ name, figures }) => [name, lineOf(figures, OURS)])),
  );
}

function listed(seeds: readonly number[]): string {
  return new Intl.ListFormat('en-GB').format(seeds.map(String));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SEEDS = `The numbers of the policy were chosen with other seeds, except the wait of a switch away from a slow
endpoint, which was chosen with tests and checked with these seeds. The rule for where a session with late answers
begins was chosen with the seeds 1001 to 1010 and checked with 303.

The seeds 404, 505 and 606 were run once while that rule was chosen, and again before two later rules: (a) was worse
than the best single endpoint in 3 of 60 worlds: unsound (404: p90 +323 ms); overloaded by chance, 40 % (404: p90 +886 ms);
congestion (606: p90 +313 ms). The two rules (a long prompt stays with its cache while other endpoints refuse as many
requests; failures are remembered for an hour) were chosen with the seeds 3001 to 3012, with which nothing in "unsound" and
"overloaded by chance" is worse; of the three worlds, only "unsound" was run again, and is not worse. Three more rules (beyond
chance, the gap of live times counts in full; the usual level falls only as far as a fast moment proves; the questions are to
blame only if more than half of the endpoints are slower) were chosen with the seeds 5001 to 5012: worse in 1 instead of 2 of
24 worlds ("congestion", "slow for people"). The rule that a request is tried once more where its cache is after an error was
chosen with 5001 to 5003: "errors by chance, 10 %" was worse with each of five seeds (p90 +4.2 to +5.7 s) and is not with
these three.

A world lasts four hours, in which one of five endpoints can be lucky: in "slow for people" with seed 21, one of them
has a p90 of 2,592 ms, the other four 3,106 to 3,570 ms; in "congestion" with seed 101, 2,743 ms and 3,323 to 3,688 ms; in
"cuts" with seed 303, one fails 3 requests, the others 158 to 640. Nobody can know that beforehand. Two things show what
remains when luck cancels out: the same [over a day](#over-a-day), and the column of the mean over the seeds, with its
95 % interval.

When an endpoint begins to cut answers, the first cuts are the price of finding out: in "cuts" with seed 303, two
requests each time, plus those already sent by then. The best single endpoint happened to cut 3.`;

const HEAD = `# How good are the decisions?

<!-- Made by \`npm run simulate -- --write\`; do not edit. -->

Nine rules compete in seeded worlds of five endpoints, used by a team of ten with Claude Code:

- **a zephyr**: this program: the controller's decision core and the proxy's router, retry table, retry
  budget and sessions: the real code of both, with its defaults. Only the sending is simulated.
- **b first to finish**: the rule of the original program as it behaves: all endpoints are probed
  once a minute, and the first to answer serves until the next round.
- **c last sample + 50 ms**: the rule of the original program as documented: the fastest last
  sample, if it is at least 50 ms faster.
- **d mean of 10, random in band**: a random choice among the endpoints whose mean of the last ten
  samples is within a fifth of the best.
- **e ewma, two choices**: a moving average of probes and live answers; for every request, the better
  of two endpoints picked at random.
- **f oracle**: knows the true speed of every endpoint at every moment, including the future, and
  takes the cheapest path for each session. Only luck can do better.
- **g best single endpoint**: no proxy at all: the one endpoint that turned out best, in hindsight.
- **i knows the present**: the oracle without the future: it knows the true state of every endpoint at
  each moment, even of those that get no requests. Where (a) is worse and (i) is not, (a) has found out too
  late; where (i) is worse too, the best single endpoint is the best only in hindsight.
- **h round robin, one retry**: nginx or HAProxy: the endpoints in turn, with one retry at the next; they
  cannot be configured to retry a 529.

The client is the same for all: after an error it retries up to ten times, after 0.5 s, 1 s, 2 s, …
as Claude Code does. (b) to (f) and (i) share one data path: a failed attempt is sent once more, to the rule's
next endpoint, and an endpoint that fails twice in a row is left out for 30 s. This data path waits 30 s for
the first content, which is too short in "slow heads", even for (f) and (i).

*Time to a good answer* is the time to the first token including all retries, plus 0.09 ms for each token
of the prompt that is not in the endpoint's cache (Anthropic's own figures: 100,000 tokens take 11.5 s
without the cache and 2.4 s with it). *Regret* is the mean time above the oracle's. A *failed request* is one
that failed for the client. A *switch* is a change of the endpoint that new sessions go to. *Worse than the
best single endpoint* compares two figures, the share of requests without an error and the p90 of a turn, each
with the best value that any endpoint alone reaches in the same seed, in hindsight; a tolerance of 50 ms, a tenth
and one request in a thousand allows for finding out which endpoint that is. *P90 above it* is the mean over the seeds
of how much higher the p90 is than that best value, without tolerance, ± half of its 95 % interval.

Worlds are models: they show which rule is better and why, not what your endpoint will do.
`;
