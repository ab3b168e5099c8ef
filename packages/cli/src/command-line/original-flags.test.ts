import { describe, expect, it } from 'vitest';

import { withCommand } from './original-flags.ts';

describe('withCommand', () => {
  it.each([
    ['nothing', [], ['start']],
    ['--dashboard', ['--dashboard'], ['start']],
    ['--headless', ['--headless'], ['start', '--headless']],
    ['a configuration', ['--config', 'x.toml'], ['start', '--config', 'x.toml']],
    ['--config=', ['--config=x.toml', '--dashboard'], ['start', '--config=x.toml']],
    [
      '--test-timing',
      ['--config', 'x.toml', '--test-timing'],
      ['test-timing', '--config', 'x.toml'],
    ],
    ['--test-timing with --headless', ['--headless', '--test-timing'], ['test-timing']],
    ['--version', ['--version'], ['--version']],
    ['--version among others', ['--headless', '-V', '--config', 'x'], ['-V']],
    ['--help', ['--help'], ['--help']],
    ['a command', ['status', '--json'], ['status', '--json']],
    ['a mistyped command', ['strat'], ['strat']],
    ['a command of a child', ['run', '--', 'x', '--dashboard'], ['run', '--', 'x', '--dashboard']],
  ])('knows what %s means', (_, given, meant) => {
    expect(withCommand(given, true)).toEqual(meant);
  });

  it('does not start without a configuration', () => {
    expect(withCommand([], false)).toEqual([]);
  });
});
