/** Command-line problems as our own errors: Commander's are in English only. */
import { nearest } from '@zephyr/runtime/config/schema/schema-keys';
import { ZephyrError } from '@zephyr/runtime/errors';
import { type Phrase, phrase } from '@zephyr/runtime/phrase';
import { type Argument, Command, type Option } from 'commander';

/** Commander calls these methods; its types do not name them. */
export class ZephyrCommand extends Command {
  override createCommand(name?: string): ZephyrCommand {
    return new ZephyrCommand(name);
  }

  unknownCommand(): void {
    const [word = ''] = this.args;
    const known = this.createHelp().visibleCommands(this);
    reject(
      phrase`there is no command ${word}`,
      near(
        word,
        known.map((command) => command.name()),
      ),
    );
  }

  unknownOption(flag: string): void {
    const known = this.createHelp().visibleOptions(this);
    reject(
      phrase`there is no option ${flag}`,
      near(
        flag,
        known.flatMap(({ long }) => long ?? []),
      ),
    );
  }

  missingArgument(name: string): void {
    reject(phrase`<${name}> is missing`);
  }

  optionMissingArgument({ flags }: Option): void {
    reject(phrase`the value is missing: ${flags}`);
  }

  _excessArguments(words: readonly string[]): void {
    const unexpected = words.slice(this.registeredArguments.length).join(' ');
    reject(phrase`unexpected: ${unexpected}`);
  }

  _conflictingOption(one: Option, other: Option): void {
    reject(phrase`${one.flags} and ${other.flags} exclude each other`);
  }

  _callParseArg<Value>(target: Argument | Option, value: string, previous: Value): unknown {
    try {
      // Its types omit the default parser.
      return (target as { parseArg: (value: string, previous: Value) => unknown }).parseArg(
        ...([value, previous] as const),
      );
    } catch (error) {
      const choices = target.argChoices;
      if (error instanceof ZephyrError || choices === undefined) throw error;
      const name = 'flags' in target ? target.flags : `<${target.name()}>`;
      reject(phrase`${name} cannot be ${value}`, [phrase`one of: ${choices.join(', ')}`]);
    }
  }
}

function near(word: string, known: readonly string[]): readonly Phrase[] {
  const found = nearest(word, known);
  return found === undefined ? [] : [phrase`did you mean ${found}?`];
}

/** @throws ZephyrError `USAGE` */
function reject(what: Phrase, advice: readonly Phrase[] = []): never {
  throw new ZephyrError('USAGE', what, {
    advice: [
      ...advice,
      phrase`zephyr --help lists the commands, zephyr help <command> its options`,
    ],
  });
}

/** @throws ZephyrError `USAGE` */
export function rejectValue(text: string, expected: Phrase): never {
  reject(phrase`${text} cannot be used here: expected ${expected}`);
}
