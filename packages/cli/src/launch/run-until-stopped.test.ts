import { translator } from '@zephyr/texts';
import { describe, expect, it } from 'vitest';
import type { LaunchedSystem } from './launcher.ts';
import { runUntilStopped, takeStopSignals } from './run-until-stopped.ts';

const never = new Promise<never>(() => undefined);

/** Its active requests never finish. */
function endlessSystem(onStop: () => void): { system: LaunchedSystem; isAbandoned: () => boolean } {
  let abandoned = false;
  const system = {
    fault: never,
    stop: () => {
      onStop();
      return never;
    },
    abandon: async () => {
      abandoned = true;
    },
  };
  return { system: system as unknown as LaunchedSystem, isAbandoned: () => abandoned };
}

const say = translator('en');

describe('the end of a launched system', () => {
  it('handles a second signal that arrives before it waits for one, and leaves a third to the default', async () => {
    const listeners = process.listenerCount('SIGINT');
    const signals = takeStopSignals();
    let listening = 0;
    const { system, isAbandoned } = endlessSystem(() => {
      listening = process.listenerCount('SIGINT');
      process.emit('SIGINT');
    });
    const ended = runUntilStopped(system, { print: () => undefined, say, signals });
    process.emit('SIGINT');
    expect(await ended).toBe(1);
    expect(isAbandoned()).toBe(true);
    expect(listening).toBe(listeners + 1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it('stops immediately with the first signal after a stop that was requested without one', async () => {
    const signals = takeStopSignals();
    const { system, isAbandoned } = endlessSystem(() => process.emit('SIGTERM'));
    const until = Promise.resolve();
    expect(await runUntilStopped(system, { print: () => undefined, say, signals, until })).toBe(1);
    expect(isAbandoned()).toBe(true);
    process.emit('SIGTERM');
  });
});
