/** `zephyr completion`: scripts for the shells, made from the commands themselves. */
import type { Command } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

interface Entry {
  /** `config check` for a command within a command; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  /** Subcommands, arguments that are a choice, and options. */
  readonly words: readonly string[];
}

export function completionScript(shell: Shell, program: Command): string {
  const entries = entriesOf(program, []);
  switch (shell) {
    case 'bash':
      return bash(entries);
    case 'zsh':
      return `#compdef zephyr\nautoload -U bashcompinit && bashcompinit\n${bash(entries)}`;
    case 'fish':
      return fish(entries);
  }
}

function entriesOf(command: Command, path: readonly string[]): readonly Entry[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  const words = [
    ...children.map((child) => child.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ...command.options.flatMap(({ long }) => long ?? []),
    '--help',
  ];
  const self = { path: path.join(' '), description: command.description(), words };
  return [self, ...children.flatMap((child) => entriesOf(child, [...path, child.name()]))];
}

/** The commands that take an endpoint complete the running system's names. */
const WITH_ENDPOINT = /^(select|refresh)$/;

function bash(entries: readonly Entry[]): string {
  const cases = entries
    .toSorted((left, right) => right.path.length - left.path.length)
    .map(({ path, words }) => {
      const names = WITH_ENDPOINT.test(path) ? ' $(zephyr completion endpoints 2>/dev/null)' : '';
      return `    "${path}"*) words="${words.join(' ')}${names}" ;;`;
    });
  return `_zephyr() {
  local current=\${COMP_WORDS[COMP_CWORD]} typed="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) typed="\${typed:+$typed }$word" ;; esac
  done
  case $typed in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _zephyr zephyr
`;
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, words }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
    const completions = words.map((word) => {
      const described = entries.find((entry) => entry.path === `${path} ${word}`.trim());
      const about = described === undefined ? '' : ` -d '${quoted(described.description)}'`;
      return word.startsWith('--')
        ? `complete -c zephyr -n '${condition}' -l ${word.slice(2)}`
        : `complete -c zephyr -f -n '${condition}' -a '${word}'${about}`;
    });
    return WITH_ENDPOINT.test(path)
      ? [
          ...completions,
          `complete -c zephyr -f -n '${condition}' -a '(zephyr completion endpoints 2>/dev/null)'`,
        ]
      : completions;
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
