import { translator } from '@zephyr/texts';
import { describe, expect, it } from 'vitest';
import type { LaunchedSystem } from './launcher.ts';
import { runUntilStopped, takeStopSignals } from './run-until-stopped.ts';

const never = new Promise<never>(() => undefined);

/** Its running answers never end. */
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
  it('takes a second signal that comes before it waits for one, and lets a third do what it does by itself', async () => {
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

  it('ends at once with the first signal after an end that was asked for without one', async () => {
    const signals = takeStopSignals();
    const { system, isAbandoned } = endlessSystem(() => process.emit('SIGTERM'));
    const until = Promise.resolve();
    expect(await runUntilStopped(system, { print: () => undefined, say, signals, until })).toBe(1);
    expect(isAbandoned()).toBe(true);
    process.emit('SIGTERM');
  });
});
