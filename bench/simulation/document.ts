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
The tables are of the ${about.seeds.length > 1 ? 'seeds' : 'seed'} ${about.seeds.join(' and ')}.
${SEEDS}

${targets.join('\n')}

## All worlds

Times are means over the worlds, the rest are sums.

${describeTable(mix)}

Most of the difference is prompt caches: only (a), (f) and (g) keep a session where its cache is; rules
that send it now here, now there make the model read the whole conversation again. So here are the same
worlds when that costs nothing, with sessions free to go along at once. What is left is the choice by
speed and soundness alone. *Cached tokens lost* cost nothing in this table.

${describeTable(mixWithoutCaches)}

## Over a day

A team works with its endpoints for days. So here are (a) and the five endpoints alone, with the client's own retries, in
worlds of the same kinds and seeds that last 24 hours: trouble is as frequent in each hour, six times as much of it in
all, and no endpoint is spared by luck for as long. "Day and night" takes a day anyhow. The figures are those of (a) less
those of the best single endpoint, each by itself and by hindsight, the mean over the seeds ± half of its 95 % interval;
more good answers and a lower p90 are better. "Worse" allows what it allows above.

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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SEEDS = `The numbers of the policy were chosen by other seeds, but for the wait of a switch away from a slow
endpoint, which was chosen by tests and looked at with these. Where a session with late answers begins was
settled with the seeds 1001 to 1010 and looked at with 303.

The seeds 404, 505 and 606 were looked at once while that was settled, and again before two later rules: (a) was worse
than the best single endpoint in 3 of 60 worlds: unsound (404: p90 +323 ms); overloaded by chance, 40 % (404: p90 +886 ms);
congestion (606: p90 +313 ms). The two rules (a long prompt that stays with its cache while others refuse as many; a memory of
an hour for failures) were settled with the seeds 3001 to 3012, with which nothing in "unsound" and "overloaded by chance" is
worse; of these three, only "unsound" was looked at again, and is not worse. That the gap of live times counts in full beyond
chance, that the usual level falls only as far as a fast moment proves, and that more than half of the endpoints must be slower
before the questions are to blame, was settled with the seeds 5001 to 5012: worse in 1 instead of 2 of 24 worlds ("congestion",
"slow for people"). That an error is tried once more where the cache is, with 5001 to 5003: "errors by chance, 10 %" was worse
with each of five seeds (p90 +4.2 to +5.7 s) and is not with these three.

A world takes four hours, in which one of five endpoints can be lucky: in "slow for people" of seed 21 one of them
has a p90 of 2,592 ms, the other four 3,106 to 3,570 ms; in "congestion" of seed 101 2,743 ms and 3,323 to 3,688 ms; in
"cuts" of seed 303 one fails 3 requests, the others 158 to 640. Nobody can know that beforehand. Two things show what is
left where luck cancels out: the same [over a day](#over-a-day), and the column of the mean over the seeds, with the
interval that has the true mean with 95 %.

What an endpoint cuts when it begins to is the price of finding out: in "cuts" of seed 303, two requests each
time, and what had been sent by then. The best single endpoint happened to cut 3.`;

const HEAD = `# How good are the decisions?

<!-- Made by \`npm run simulate -- --write\`; do not edit. -->

Seeded worlds of five endpoints and a team of ten that uses Claude Code, gone through by nine rules:

- **a zephyr**: this program: the controller's decision core and the proxy's router, retry table, retry
  budget and sessions, the real code of both with their defaults. Only the sending is simulated.
- **b first to finish**: the rule of the original program as it behaves: all endpoints are probed
  once a minute, and the first to answer serves until the next round.
- **c last sample + 50 ms**: the rule of the original program as documented: the fastest last
  sample, if it is at least 50 ms faster.
- **d mean of 10, random in band**: the mean of the last ten samples, and by chance one of the
  endpoints within a fifth of the best.
- **e ewma, two choices**: a moving average of probes and live answers, and for every request the
  better of two endpoints picked by chance.
- **f oracle**: knows the true speed of every endpoint at every moment, the future included, and
  takes the cheapest way for each session. Nobody can do better but by luck.
- **g best single endpoint**: no proxy at all: the one endpoint that turned out best, by hindsight.
- **i knows the present**: the oracle without hindsight: the true state of every endpoint at each
  moment, also of those that nobody asks, but not the future. Where it is never worse and (a) is, (a) has
  found out too late; where it is worse itself, the best single endpoint is the best by hindsight only.
- **h round robin, one retry**: nginx or HAProxy: the endpoints in turn, one retry at the next; a 529
  is not among the answers that they can be configured to retry.

The client is the same for all: after an error it tries again up to ten times after 0.5 s, 1 s, 2 s, …
as Claude Code does. (b) to (f) and (i) share one data path: a failed attempt is sent once more, to the rule's
next endpoint, and an endpoint that fails twice in a row is left out for 30 s. It waits 30 s for
the first content, which in "slow heads" is too short even for (f) and (i).

*Time to a good answer* is the time to the first token with all retries, and with 0.09 ms for each token
of the prompt that is not in the endpoint's cache (Anthropic's own figures: 100,000 tokens take 11.5 s
without and 2.4 s with it). *Regret* is the mean time above the oracle's. A *failed request* is one
that the client saw fail. A *switch* is a change of the endpoint that new sessions go to. *Worse than the
best single endpoint* compares the share of requests without an error and the p90 of a turn with the
best that any endpoint alone comes to in the same seed, each figure by itself and by hindsight; 50 ms, a tenth and one
request of a thousand are allowed for finding out which endpoint that is. *P90 above it* is the mean over the seeds of
how much higher the p90 is than that best one, with nothing allowed, ± half of its 95 % interval.

Worlds are models: they show which rule is better and why, not what your relay will do.
`;
