/**
 * `/usage` of the proxy: JSON for programs, and a page without scripts for people who only have their key,
 * which the browser asks for as a password.
 */

import { createHash } from 'node:crypto';
import { LANGUAGES, type Language } from '@zephyr/contract/language';
import { OTHER } from '@zephyr/contract/reserved-names';
import type { Budget, OwnFigures, OwnUsage } from '@zephyr/contract/usage/people-limits';
import type { UsageFigures } from '@zephyr/contract/usage/usage';
import { PAGE_HEADERS } from '@zephyr/runtime/http/pages';
import type { Request, Response } from 'express';

import { USAGE_AWAY_RETRY_MS } from '../answer/retry-advice.ts';
import { type ErrorName, errorKind, sendError } from '../answer/zephyr-errors.ts';
import type { OwnUsageReader } from './own-usage.ts';

export type UsageVisitor =
  | { readonly kind: 'person'; readonly name: string }
  | { readonly kind: 'refused'; readonly why: ErrorName };

const REALM = 'Basic realm="Claude Zephyr: your key as the password", charset="UTF-8"';

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:.35rem .75rem .35rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid #8884}
th:first-child,td:first-child{text-align:left}
tfoot td,tfoot th{font-weight:600}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** The only inline style is permitted by its hash: nothing else may be loaded or run. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export async function answerUsage(
  { req, res, visitor }: { req: Request; res: Response; visitor: UsageVisitor },
  reader: OwnUsageReader,
): Promise<void> {
  res.set('cache-control', 'no-store').vary('accept, accept-language, authorization');
  const isPage = req.accepts(['json', 'html']) === 'html';
  if (visitor.kind === 'refused') {
    if (isPage && errorKind(visitor.why).status === 401) res.set('www-authenticate', REALM);
    sendError(res, { name: visitor.why });
    return;
  }
  const usage = await reader.read(visitor.name);
  if (!isPage && usage === undefined) {
    sendError(res, { name: 'usage_away', retryAfterMs: USAGE_AWAY_RETRY_MS });
  } else if (!isPage) {
    res.json(usage);
  } else {
    const accepted = req.acceptsLanguages([...LANGUAGES]);
    const language = LANGUAGES.find((each) => each === accepted) ?? 'en';
    res.set({ ...PAGE_HEADERS, 'content-security-policy': POLICY, 'content-language': language });
    if (usage === undefined) res.status(503).set('retry-after', '5');
    res.type('html').send(await usagePage(visitor.name, usage, language));
  }
}

/** @param usage undefined while Redis is away */
export async function usagePage(
  person: string,
  usage: OwnUsage | undefined,
  language: Language,
): Promise<string> {
  const words = await wordsOf(language);
  const title = escaped(words.say('ownUsage.title', { name: words.person(person) }));
  const body =
    usage === undefined
      ? `<p>${escaped(words.say('ownUsage.away'))}</p>`
      : [
          budgetTable(usage, words),
          limitList(usage, words),
          ...([1, 7, 30] as const).map((days) => figureTable(days, usage, words)),
          otherNote(usage, words),
          `<p>${escaped(words.say('ownUsage.utc'))}</p>`,
        ].join('\n');
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body></html>
`;
}

/** Loaded when a page is requested: programs need none. */
async function wordsOf(language: Language) {
  const [{ usageTranslator }, { usageName }, { numbersOf }] = await Promise.all([
    import('@zephyr/texts/usage'),
    import('@zephyr/texts/usage-names'),
    import('@zephyr/texts/screens'),
  ]);
  const say = usageTranslator(language);
  const person = (name: string) => usageName('person', name, say);
  const model = (name: string) => usageName('model', name, say);
  return { say, numbers: numbersOf(language), person, model };
}

type Words = Awaited<ReturnType<typeof wordsOf>>;

function budgetTable({ budgets, limits, models }: OwnUsage, { say, numbers }: Words): string {
  if (budgets.length === 0) {
    const hasNone = limits.length === 0 && models === null;
    return hasNone ? `<p>${escaped(say('ownUsage.none'))}</p>` : '';
  }
  const whose = ({ of, name }: Budget) => (of === 'team' ? say('budget.team', { name }) : '');
  const heads = [
    ...[say('budget.period'), say('budget.left'), say('budget.used'), say('budget.budget')],
    ...[say('budget.granted'), say('budget.resets')],
  ];
  const rows = budgets.map((budget) => [
    [say(`period.${budget.period}`), whose(budget)].join(' ').trim(),
    ...[budget.left_usd, budget.used_usd, budget.budget_usd, budget.granted_usd].map(numbers.usd),
    `${numbers.utcMinute(budget.resets_at)} UTC`,
  ]);
  const title = say('budget.title');
  return `<h2>${escaped(title)}</h2>\n${tableOf(title, { heads, rows })}`;
}

function limitList({ limits, models }: OwnUsage, { say, numbers }: Words): string {
  const lines = limits.map(({ limit, of, name, allowed, used }) => {
    const whose = of === 'team' ? ` ${say('budget.team', { name })}` : '';
    return `${say(`limit.${limit}`)}${whose}: ${numbers.count(used)} / ${numbers.count(allowed)}`;
  });
  const all = [
    ...lines,
    ...(models === null ? [] : [say('limit.models', { models: models.join(', ') })]),
  ];
  if (all.length === 0) return '';
  const items = all.map((line) => `<li>${escaped(line)}</li>`).join('');
  return `<h2>${escaped(say('limit.title'))}</h2>\n<ul>${items}</ul>`;
}

const FIGURES_OF = { 1: 'today', 7: 'days_7', 30: 'days_30' } as const;

function figureTable(days: keyof typeof FIGURES_OF, usage: OwnUsage, words: Words): string {
  const { say } = words;
  const figures: OwnFigures = usage[FIGURES_OF[days]];
  const title = say(`usage.days.${days}`);
  const head = `<h2>${escaped(title)}</h2>`;
  if (figures.total.requests === 0) return `${head}\n<p>${escaped(say('usage.empty'))}</p>`;
  const heads = [
    ...[say('usage.model'), say('usage.cost'), say('usage.requests'), say('usage.failed')],
    ...[say('usage.input'), say('usage.output'), say('usage.cacheRead'), say('usage.cacheWrite')],
  ];
  const rows = figures.models.map((line) => [words.model(line.model), ...cellsOf(line, words)]);
  const total = [say('usage.total'), ...cellsOf(figures.total, words)];
  return `${head}\n${tableOf(title, { heads, rows, total })}`;
}

function otherNote({ days_30: { models } }: OwnUsage, { say }: Words): string {
  const hasOther = models.some(({ model }) => model === OTHER);
  return hasOther ? `<p>${escaped(say('usage.note.other'))}</p>` : '';
}

function cellsOf(figures: UsageFigures, { numbers }: Words): string[] {
  return [
    numbers.usd(figures.cost_usd),
    ...[figures.requests, figures.failed, figures.input_tokens, figures.output_tokens].map(
      numbers.count,
    ),
    ...[figures.cache_read_tokens, figures.cache_write_tokens].map(numbers.count),
  ];
}

type Row = readonly string[];

interface PageTable {
  readonly heads: Row;
  readonly rows: readonly Row[];
  readonly total?: Row;
}

/** Scrolls if wider than the screen, also by keyboard. */
function tableOf(title: string, { heads, rows, total }: PageTable): string {
  const row = (cells: Row) => {
    const [first = '', ...rest] = cells.map(escaped);
    return `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  };
  const head = heads.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('');
  const foot = total === undefined ? '' : `<tfoot>${row(total)}</tfoot>`;
  return `<div class="wide" role="region" tabindex="0" aria-label="${escaped(title)}"><table><thead><tr>${head}</tr></thead><tbody>${rows.map(row).join('')}</tbody>${foot}</table></div>`;
}

/** Model names come from clients. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
