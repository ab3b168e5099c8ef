import { helpKeys, helpWords, type Speech } from '@zephyr/texts';
import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';

export function HelpView({ speech: { say } }: { readonly speech: Speech }): ReactElement {
  return h(
    Box,
    { flexDirection: 'column', paddingX: 1 },
    h(Text, { bold: true, color: 'cyan' }, say('help.title')),
    ...[...helpKeys(say), { key: 'Q', text: say('help.key.quit') }].map(({ key, text }) =>
      h(
        Box,
        { key },
        h(Box, { width: 8, flexShrink: 0 }, h(Text, { bold: true }, key)),
        h(Text, { wrap: 'truncate-end' }, text),
      ),
    ),
    h(Text, null, ' '),
    ...helpWords(say).map((word) => h(Text, { key: word, wrap: 'truncate-end' }, word)),
    h(Text, null, ' '),
    h(Text, { dimColor: true }, say('tui.anyKey')),
  );
}
