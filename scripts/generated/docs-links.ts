/**
 * Where alerts lead to: the docs at the `homepage` of package.json, the one place that names it, and without
 * one the file in the repository.
 */
const RUNBOOK = /runbook(?:_url)?: \S*?(docs\/operations\.md#)/g;

/** @param text of rules or of their tests, with the links of whichever homepage */
export function withDocsLinks(text: string, homepage: string | undefined): string {
  const start = homepage === undefined ? 'runbook: ' : `runbook_url: ${homepage}/blob/main/`;
  return text.replaceAll(RUNBOOK, `${start}$1`);
}
