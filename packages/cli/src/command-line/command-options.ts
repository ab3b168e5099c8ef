/** The options that several commands have, and what their definitions are made from. */

import { MAX_PORT } from '@zephyr/contract/default-ports';
import { LANGUAGES } from '@zephyr/contract/language';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import type { Language, Translate } from '@zephyr/texts';
import { type Command, Option } from 'commander';

import { CONTROLLER_URL } from '../network/service-location.ts';
import { examplesOf } from './help-text.ts';
import { rejectValue } from './zephyr-command.ts';

export interface Surroundings {
  readonly environment: Environment;
  readonly print: (line: string) => void;
  readonly language: Language;
  /** In that language. */
  readonly say: Translate;
}

export type AddCommand = (
  definition: string,
  description: string,
  examples: readonly string[],
) => Command;

interface AdminCommand {
  readonly definition: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly say: Translate;
  readonly options: readonly Option[];
}

export function adminCommand(program: Command, about: AdminCommand): Command {
  const { definition, description, examples, say, options } = about;
  const command = program.command(definition).description(description);
  for (const option of options) command.addOption(option);
  return command
    .addOption(urlOption(say('cli.option.url')))
    .addOption(new Option('--language <language>', say('cli.option.language')).choices(LANGUAGES))
    .addHelpText('after', helpTail(say, examples));
}

/** @param options that every command takes: the paths of the configuration */
export function adderOfAdminCommands(
  program: Command,
  options: readonly Option[],
  say: Translate,
): AddCommand {
  return (definition, description, examples) =>
    adminCommand(program, { definition, description, examples, say, options });
}

/** As `adderOfAdminCommands`, for commands that also work without a running system. */
export function adderOfCommands(
  program: Command,
  options: readonly Option[],
  say: Translate,
): AddCommand {
  return (definition, description, examples) => {
    const command = program.command(definition).description(description);
    for (const option of options) command.addOption(option);
    return command
      .option('--json', say('cli.option.json'))
      .addHelpText('after', examplesOf(say, ...examples));
  };
}

/** On a team host, the controller runs in another container. */
export function urlOption(text: string): Option {
  return new Option('--url <url>', text).env(CONTROLLER_URL);
}

export function jsonOption(say: Translate): Option {
  return new Option('--json', say('cli.option.json'));
}

export function portOption(text: string): Option {
  return new Option('--port <number>', text).argParser(parsePort);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT) {
    throw new ZephyrError('USAGE', phrase`--port ${text} is not a port`, {
      advice: [phrase`a port is a number from 0 to 65535`],
    });
  }
  return port;
}

export function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) rejectValue(text, phrase`a number from 0 to 9999`);
  return Number(text);
}

export function parsePositiveCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) rejectValue(text, phrase`a whole number above 0`);
  return count;
}

export function helpTail(say: Translate, examples: readonly string[]): string {
  const lines = examples.map((example) => `  zephyr ${example}`);
  return ['', say('cli.examples'), ...lines, '', say('cli.exitCodes')].join('\n');
}
