/** config.toml.example: every key with its documentation and its default, ready to be copied. */
import {
  type ConfigSection,
  configSections,
  type DocumentedKey,
  documentationOf,
  toml,
} from './config-documentation.ts';

const HEADER = `# Claude Zephyr. Copy this file to config.toml, put your endpoints in, and the tokens into .env
# (see .env.example). \`make config-check\` lists every problem in one run.
#
# A line that starts with "# key = value" shows a key with its default: remove the # to change it.
# Made by \`npm run generate\`; docs/configuration.md has the same keys as tables.`;

const WIDTH = 100;
/** Shown in the groups themselves. */
const ENDPOINTS = '[[groups.endpoints]]';
const GROUPS = '[[groups]]';

type Table = Readonly<Record<string, unknown>>;

export function renderConfigExample(): string {
  const sections = configSections().filter(({ title }) => title !== ENDPOINTS);
  return `${[HEADER, ...sections.map(renderSection)].join('\n\n')}\n`;
}

function renderSection(section: ConfigSection): string {
  const { title, description, keys } = section;
  const heading = commented(description);
  if (title.startsWith('[[')) return renderList(section);
  if (title.startsWith('[groups.')) {
    return [heading, `# ${title}`, ...keys.map((key) => `# ${assignment(key)}`)].join('\n');
  }
  const lines = keys.map(
    (key) => `${commented(documentationOf(key.schema))}\n# ${assignment(key)}`,
  );
  return [heading, '', title, ...lines].join('\n');
}

/** What each key means, then the example's tables; of the groups the first one is no comment. */
function renderList({ title, description, example, keys }: ConfigSection): string {
  const tables = example as readonly Table[];
  const nested = title === GROUPS ? endpointsSection() : undefined;
  const documented = [
    ...keys.map((key) => documentedKey(key)),
    ...(nested === undefined
      ? []
      : [
          commented(`endpoints: ${nested.description} Of each:`, '#   '),
          ...nested.keys.map((key) => documentedKey(key, '#     ')),
        ]),
  ];
  const rendered = tables.map((table, index) => {
    const text = [
      title,
      ...Object.entries(table).map(([name, value]) => `${name} = ${toml(value)}`),
    ];
    const isLive = title === GROUPS && index === 0;
    return isLive ? text.join('\n') : text.join('\n').replaceAll(/^/gm, '# ');
  });
  return [commented(description), ...documented, '', rendered.join('\n\n')].join('\n');
}

function endpointsSection(): ConfigSection | undefined {
  return configSections().find(({ title }) => title === ENDPOINTS);
}

function documentedKey({ name, schema }: DocumentedKey, indent = '#   '): string {
  const { default: value } = schema;
  const shown = value === undefined ? '' : ` (${name} = ${toml(value)})`;
  return commented(`${name}: ${documentationOf(schema)}${shown}`, indent);
}

function assignment({ name, schema }: DocumentedKey): string {
  const value = schema.default ?? schema.example;
  if (value === undefined) throw new Error(`${name} has neither a default nor an example`);
  return `${name} = ${toml(value)}`;
}

/** Markdown as a comment; further lines are indented like the text of the first. */
function commented(text: string, indent = '# '): string {
  const plain = text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, 'docs/$1').replaceAll(/`([^`]*)`/g, '$1');
  const lines: string[] = [];
  for (const word of plain.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(`${line === undefined || indent === '# ' ? indent : `${indent}  `}${word}`);
    }
  }
  return lines.join('\n');
}
