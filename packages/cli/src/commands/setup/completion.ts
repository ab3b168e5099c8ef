/** `zephyr completion`: shell scripts generated from the commands themselves. */
import type { Command, Option } from 'commander';

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

interface Entry {
  /** Such as `config check`; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  /** Subcommands, and the choices of arguments. */
  readonly words: readonly string[];
  /** It has an argument that is the id of an endpoint of the running system. */
  readonly hasEndpoint: boolean;
  readonly options: readonly OptionEntry[];
}

interface OptionEntry {
  /** `--config`. */
  readonly name: string;
  /** The kind of value that follows it. */
  readonly value: 'none' | 'file' | 'other' | readonly string[];
}

export function completionScript(shell: CompletionShell, program: Command): string {
  const entries = entriesOf(program, []);
  switch (shell) {
    case 'bash':
      return `${bashFunction(entries)}complete -o default -F _zephyr_words zephyr\n`;
    case 'zsh':
      return zsh(entries);
    case 'fish':
      return fish(entries);
  }
}

function entriesOf(command: Command, path: readonly string[]): readonly Entry[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const self: Entry = {
    path: path.join(' '),
    description: command.description(),
    words: [...children.map((child) => child.name()), ...choices],
    hasEndpoint: command.registeredArguments.some((each) => each.name() === 'endpoint'),
    options: [...command.options.flatMap(optionEntry), { name: '--help', value: 'none' }],
  };
  return [self, ...children.flatMap((child) => entriesOf(child, [...path, child.name()]))];
}

function optionEntry({ long, flags, required, argChoices }: Option): readonly OptionEntry[] {
  if (typeof long !== 'string') return [];
  if (!required) return [{ name: long, value: 'none' }];
  if (argChoices !== undefined) return [{ name: long, value: argChoices }];
  return [{ name: long, value: flags.includes('<path>') ? 'file' : 'other' }];
}

const ENDPOINTS = 'zephyr completion endpoints 2>/dev/null';

/** An option means the same in every command that has it. */
function optionsWithValue(entries: readonly Entry[]): ReadonlyMap<string, OptionEntry['value']> {
  const options = entries.flatMap((entry) => entry.options);
  return new Map(
    options.flatMap(({ name, value }) => (value === 'none' ? [] : [[name, value] as const])),
  );
}

/**
 * Also for zsh, whose bashcompinit runs it and accepts a length only as `$((…))`. The shell itself completes
 * files.
 */
function bashFunction(entries: readonly Entry[]): string {
  const valued = optionsWithValue(entries);
  const values = [...valued].flatMap(([name, value]) =>
    typeof value === 'string'
      ? []
      : [`    ${name}) COMPREPLY=($(compgen -W "${value.join(' ')}" -- "$current")); return ;;`],
  );
  const cases = entries
    .toSorted((left, right) => right.path.length - left.path.length)
    .map(({ path, words, hasEndpoint, options }) => {
      const names = hasEndpoint ? ` $(${ENDPOINTS})` : '';
      const all = [...words, ...options.map(({ name }) => name)].join(' ');
      return `    "${path}"*) words="${all}${names}" ;;`;
    });
  const takesValue = [...valued.keys()].join('|');
  return `_zephyr_words() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous="" typed="" word words=""
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case $previous in
      ${takesValue}) ;;
      *) case $word in -*) ;; *) typed="\${typed:+$typed }$word" ;; esac ;;
    esac
    previous=$word
  done
  COMPREPLY=()
  case $previous in
${values.join('\n')}
    ${takesValue}) return ;;
  esac
  case $typed in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
`;
}

/** As a file in `fpath` it runs on the first Tab; when sourced, it only registers itself. */
function zsh(entries: readonly Entry[]): string {
  return `#compdef zephyr
autoload -U +X bashcompinit && bashcompinit
${bashFunction(entries)}_zephyr() { _bash_complete -o default -F _zephyr_words }
if [ "\${funcstack[1]}" = _zephyr ]; then _zephyr; else compdef _zephyr zephyr; fi
`;
}

/** Commands with the same last word, such as `status` and `service status`, differ in their options. */
function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap((entry) => {
    const { path, words, hasEndpoint, options } = entry;
    const at = `complete -c zephyr -n '${`__zephyr_at ${path}`.trim()}'`;
    // Its arguments may follow.
    const within = path === '' ? at : `complete -c zephyr -n '__zephyr_within ${path}'`;
    const endpoints = hasEndpoint ? [`${within} -a '(${ENDPOINTS})'`] : [];
    return [
      ...words.map((word) => `${at} -a '${word}'${fishAbout(entries, `${path} ${word}`)}`),
      ...endpoints,
      ...options.map(({ name, value }) => `${within} -l ${name.slice(2)}${fishValue(value)}`),
    ];
  });
  return `${fishFunctions(entries)}complete -c zephyr -f\n${lines.join('\n')}\n`;
}

function fishFunctions(entries: readonly Entry[]): string {
  return `function __zephyr_typed
  set -l previous ''
  for word in (commandline -opc)[2..-1]
    switch $previous
      case ${[...optionsWithValue(entries).keys()].join(' ')}
      case '*'
        string match -q -- '-*' $word; or echo -- $word
    end
    set previous $word
  end
end
function __zephyr_at
  set -l typed (__zephyr_typed)
  test "$typed" = "$argv"
end
function __zephyr_within
  set -l typed (__zephyr_typed)
  string match -q -- "$argv *" "$typed "
end
`;
}

function fishAbout(entries: readonly Entry[], path: string): string {
  const described = entries.find((entry) => entry.path === path.trim());
  return described === undefined ? '' : ` -d '${quoted(described.description)}'`;
}

function fishValue(value: OptionEntry['value']): string {
  if (value === 'none') return '';
  if (value === 'file') return ' -r -F';
  return value === 'other' ? ' -x' : ` -x -a '${value.join(' ')}'`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
