/** Where alerts and panels link to: the docs at the `homepage` of package.json, the one place that names it. */
const RUNBOOK = /(runbook_url: )\S+?(\/docs\/operations\.md#)/g;

/** @param text of rules or of their tests, with the links of whichever homepage */
export function withDocsLinks(text: string, homepage: string): string {
  return text.replaceAll(RUNBOOK, `$1${homepage}/blob/main$2`);
}
