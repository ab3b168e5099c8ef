/**
 * `GET /status` for people with a browser: the same facts as the JSON, in words. It only tells, for
 * this port is open to everybody who may send requests; what can be done is on the controller's
 * dashboard.
 */
import { createHash } from 'node:crypto';

import {
  headlineOf,
  type Language,
  LOCALES,
  nextOf,
  numbersOf,
  roleOf,
  roleText,
  type Situation,
  type Speech,
  screenTranslator,
  whyOf,
} from '@zephyr/texts/screens';

export interface StatusPageInput {
  readonly situation: Situation;
  readonly language: Language;
  /** Of the controller's web dashboard, on the host that the person has called. */
  readonly dashboardUrl: string;
  readonly nowMs: number;
}

/**
 * Takes the facts anew from the same address, and says so when there is no answer. A `<meta>`
 * refresh would take the focus and the place on the page away from people each time.
 */
const SCRIPT = `setInterval(async () => {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    const next = new DOMParser().parseFromString(await response.text(), 'text/html');
    document.querySelector('#facts').replaceWith(next.querySelector('#facts'));
    document.title = next.title;
    document.querySelector('#stale').hidden = true;
  } catch {
    document.querySelector('#stale').hidden = false;
  }
}, 2000);`;

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{margin:0}p{margin:.2rem 0}
table{width:100%;border-collapse:collapse;margin:1.5rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:start;padding:.35rem 1rem .35rem 0;border-bottom:1px solid light-dark(#ccd6d9,#33444a)}
.serving{font-weight:700;color:light-dark(#13703b,#5fd68f)}
.down{color:light-dark(#b3261e,#ff9a90)}
.quiet{color:light-dark(#4c5d63,#a3b4ba)}
@media(prefers-color-scheme:dark){body{background:#0e1416;color:#e8eff1}a{color:#4fd1c2}}`;

/** Nothing but this style and this script may be used by the page. */
export const STATUS_PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function statusPage({ situation, language, dashboardUrl, nowMs }: StatusPageInput): string {
  const speech: Speech = { say: screenTranslator(language), numbers: numbersOf(language) };
  const { say, numbers } = speech;
  // How a steady state goes on depends on what only the controller knows.
  const next = situation.selection.status === 'steady' ? '' : nextOf(situation, speech, nowMs);
  const time = numbers.time(nowMs, nowMs);
  const ranked = situation.endpoints.toSorted(
    (left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity),
  );
  const rows = ranked.map((endpoint) => {
    const { score } = endpoint;
    const cells = [
      endpoint.name,
      roleText(endpoint, situation.selection, say),
      score.status === 'known' ? numbers.latency(score.totalMs) : '–',
      numbers.count(endpoint.activeRequests),
    ];
    const role = roleOf(endpoint, situation.selection);
    return `<tr class="${role}">${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  });
  const head = (['endpoint', 'state', 'score', 'requests'] as const)
    .map((column) => `<th scope="col">${escaped(say(`column.${column}`))}</th>`)
    .join('');
  return `<!doctype html>
<html lang="${LOCALES[language]}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(headlineOf(situation, say))} · Claude Zephyr</title>
<style>${STYLE}</style>
<body>
<main>
<p id="stale" class="down" role="alert" hidden>${escaped(say('status.stale'))}</p>
<div id="facts">
<p class="quiet">${escaped(say('app.title'))} · ${escaped(time)}</p>
<h1>${escaped(headlineOf(situation, say))}</h1>
<p>${escaped(whyOf(situation, speech))}</p>
<p class="quiet">${escaped(next)}</p>
<table>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<p>${escaped(say('fact.mode'))}: ${escaped(say(`mode.${situation.mode.kind}`))}</p>
</div>
<p><a href="${escaped(dashboardUrl)}">${escaped(say('app.dashboard'))}</a></p>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names come from the configuration, the host from a request: neither is markup. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
