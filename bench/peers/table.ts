/** The cells of the comparison, and the sentences about them. Pure. */

export interface Cell {
  readonly text: string;
  /** The compared value; absent if there is none, or if it failed. */
  readonly value?: number;
}

export interface PeerRow {
  readonly what: string;
  /** By peer. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly isMoreBetter?: boolean;
}

const OURS = 'Zephyr';
/** A direct connection is not a rival. */
const DIRECT = 'direct';
/** Closer than this is a draw: runs differ by that much. */
const DRAW = 1.05;
/** In the units of the cells (ms, lost requests): too small to notice. */
const DRAW_BY = 0.01;

/** As Markdown. */
export function tableOf(title: string, rows: readonly PeerRow[], names: readonly string[]): string {
  return [
    `| ${title} | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...rows.map(
      ({ what, cells }) =>
        `| ${what} | ${names.map((name) => cells.get(name)?.text ?? '').join(' | ')} |`,
    ),
  ].join('\n');
}

/** One line for each row in which a peer is better than we are. */
export function notFirst(rows: readonly PeerRow[]): readonly string[] {
  return rows.flatMap(({ what, cells, isMoreBetter = false }) => {
    const ours = cells.get(OURS);
    if (ours === undefined) return [];
    const ahead = [...cells].filter(
      ([name, { value }]) =>
        name !== OURS && name !== DIRECT && isBetter(value, ours.value, isMoreBetter),
    );
    if (ahead.length === 0) return [];
    const others = ahead.map(([name, { text }]) => `${name} ${text}`).join(', ');
    return [`${what}: ${others}; Zephyr ${ours.text}`];
  });
}

function isBetter(
  other: number | undefined,
  ours: number | undefined,
  isMoreBetter: boolean,
): boolean {
  if (other === undefined) return false;
  if (ours === undefined) return true;
  const [low, high] = isMoreBetter ? [ours, other] : [other, ours];
  return high > low * DRAW && high - low > DRAW_BY;
}

/** `<what>: Zephyr <cell>, nginx <cell>, …`, ours first. */
export function inOneLine({ what, cells }: PeerRow): string {
  const ours = cells.get(OURS);
  const others = [...cells].filter(([name]) => name !== OURS && name !== DIRECT);
  const all = [...(ours === undefined ? [] : [[OURS, ours] as const]), ...others];
  return `${what}: ${all.map(([name, { text }]) => `${name} ${text}`).join(', ')}`;
}

/** Words of a line as in the Chinese README; figures and names stay. */
const CHINESE: readonly (readonly [words: RegExp, chinese: string])[] = [
  [
    /failed \((\d+) of (\d+) streams begin within (\d+) s\)/g,
    '失败（$2 个流中只有 $1 个在 $3 秒内开始）',
  ],
  [/failed \(status (\d+)\)/g, '失败（状态码 $1）'],
  [/failed \(([^)]*)\)/g, '失败（$1）'],
  [/serves no stream/g, '不支持流式响应'],
  [/(\d+) of (\d+)/g, '$1/$2'],
  [/, /g, '，'],
  [/: /g, '：'],
];

/** @param line from `inOneLine`, with the row's name in Chinese */
export function inChinese(line: string): string {
  return CHINESE.reduce((said, [words, chinese]) => said.replace(words, chinese), line);
}
