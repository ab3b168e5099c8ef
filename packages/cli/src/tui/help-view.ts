import type { Speech } from '@zephyr/texts';
import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';

const KEYS = [
  ['R', 'check'],
  ['P', 'pause'],
  ['M', 'mode'],
  ['↑ ↓', 'rows'],
  ['Enter', 'select'],
  ['L', 'language'],
  ['?', 'help'],
  ['Q', 'quit'],
] as const;

const WORDS = ['score', 'fallback', 'ejected', 'cooling', 'draining'] as const;

export function HelpView({ speech: { say } }: { readonly speech: Speech }): ReactElement {
  return h(
    Box,
    { flexDirection: 'column', paddingX: 1 },
    h(Text, { bold: true, color: 'cyan' }, say('help.title')),
    ...KEYS.map(([key, name]) =>
      h(
        Box,
        { key: name },
        h(Box, { width: 8, flexShrink: 0 }, h(Text, { bold: true }, key)),
        h(Text, { wrap: 'truncate-end' }, say(`help.key.${name}`)),
      ),
    ),
    h(Text, null, ' '),
    ...WORDS.map((word) => h(Text, { key: word, wrap: 'truncate-end' }, say(`help.word.${word}`))),
    h(Text, null, ' '),
    h(Text, { dimColor: true }, say('tui.anyKey')),
  );
}
