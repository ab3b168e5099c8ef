/** The badges of the READMEs: what package.json says, as pictures that need no network. Pure. */

interface Badge {
  readonly label: string;
  readonly value: string;
}

const CHARACTER_WIDTH = 6.6;
const PADDING = 10;

export interface PackageFacts {
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
}

/** By path from the root. */
export function renderBadges({
  version,
  license,
  engines,
}: PackageFacts): readonly [string, string][] {
  const badges: readonly [string, Badge][] = [
    ['licence', { label: 'licence', value: license }],
    ['node', { label: 'node', value: engines.node.replace('>=', '≥ ') }],
    ['version', { label: 'version', value: version }],
  ];
  return badges.map(([name, badge]) => [`docs/images/badge-${name}.svg`, badgeSvg(badge)]);
}

function badgeSvg({ label, value }: Badge): string {
  const widthOf = (text: string) => Math.round(text.length * CHARACTER_WIDTH + 2 * PADDING);
  const left = widthOf(label);
  const width = left + widthOf(value);
  const text = (content: string, x: number, fill: string) =>
    `  <text x="${x}" y="14" fill="${fill}" text-anchor="middle">${content}</text>\n`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${label}: ${value}">\n` +
    `  <title>${label}: ${value}</title>\n` +
    `  <clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath>\n` +
    `  <g clip-path="url(#r)">\n` +
    `    <rect width="${left}" height="20" fill="#33454b"/>\n` +
    `    <rect x="${left}" width="${width - left}" height="20" fill="#0b6e66"/>\n` +
    `  </g>\n` +
    `  <g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n` +
    `  ${text(label, left / 2, '#fff')}` +
    `  ${text(value, left + (width - left) / 2, '#fff')}` +
    `  </g>\n</svg>\n`
  );
}
