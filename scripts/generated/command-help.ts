/** The options of every command in docs/cli.md: the output of `--help`, in English. */
import type { Command } from 'commander';

import { buildProgram } from '../../packages/cli/src/program.ts';

const COLUMNS = 96;

export function renderCommandHelp(): string {
  const program = buildProgram({ environment: {}, print: () => undefined, language: 'en' });
  return leavesOf(program, [])
    .map(({ path, command }) => `### ${path}\n\n\`\`\`\n${helpOf(command)}\n\`\`\``)
    .join('\n\n');
}

interface Leaf {
  readonly path: string;
  readonly command: Command;
}

/** Commands that do something also where others are below them, besides those that only group. */
const ACT_THEMSELVES: readonly string[] = ['demo', 'usage'];

/** Commands that do something, not those that only group others. */
function leavesOf(command: Command, above: readonly string[]): readonly Leaf[] {
  return command.commands.flatMap((inner) => {
    const path = [...above, inner.name()];
    const own = inner.commands.length === 0 || ACT_THEMSELVES.includes(inner.name());
    return [...(own ? [{ path: path.join(' '), command: inner }] : []), ...leavesOf(inner, path)];
  });
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => COLUMNS,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
