/** Command lines without a command, as for the original program: flags only. */

const VERSION = ['-V', '--version'];
const OWN = ['-h', '--help', ...VERSION];

/**
 * The command line with the command that the flags imply: `start`, with or without a dashboard, or
 * `test-timing`. One with a command, or for this program itself, is unchanged. Pure.
 *
 * @param args without the program
 * @param hasConfig whether there is a configuration to start with
 */
export function withCommand(args: readonly string[], hasConfig: boolean): readonly string[] {
  const [first] = args;
  if (first === undefined) return hasConfig ? ['start'] : args;
  if (!first.startsWith('-') || OWN.includes(first)) return args;
  const version = args.find((each) => VERSION.includes(each));
  if (version !== undefined) return [version];
  const rest = args.filter((each) => each !== '--dashboard' && each !== '--test-timing');
  if (args.includes('--test-timing')) {
    return ['test-timing', ...rest.filter((each) => each !== '--headless')];
  }
  return ['start', ...rest];
}
