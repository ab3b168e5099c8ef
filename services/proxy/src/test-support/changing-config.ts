/** A proxy whose configuration a test changes at run time. */
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import type { ConfigChange, ConfigSource } from '@zephyr/runtime/config/watch/source';

import { type Rig, type RigOptions, startRig } from './rig.ts';

/** Reports changes when the test triggers it. */
export class TestSource implements ConfigSource {
  readonly #listeners: ((change: ConfigChange) => void)[] = [];
  loaded: LoadedConfig | undefined;
  /** The groups whose tokens were refused, in order. */
  readonly refused: string[] = [];

  current(): LoadedConfig {
    if (this.loaded === undefined) throw new Error('not started');
    return this.loaded;
  }
  subscribe(listener: (change: ConfigChange) => void): void {
    this.#listeners.push(listener);
  }
  reload(): ConfigChange {
    return { status: 'applied', loaded: this.current() };
  }
  readonly tokenRefused = (groupName: string): void => {
    this.refused.push(groupName);
  };
  stop(): void {
    this.#listeners.length = 0;
  }
  change(edit: (loaded: LoadedConfig) => Partial<LoadedConfig>): void {
    this.loaded = { ...this.current(), ...edit(this.current()) };
    for (const listener of this.#listeners) listener(this.reload());
  }
}

export interface ChangingRig extends Rig {
  readonly source: TestSource;
}

/** Must be called within a test. */
export async function startChangingRig(options: RigOptions = {}): Promise<ChangingRig> {
  const source = new TestSource();
  const rig = await startRig({
    ...options,
    configSource: source,
    onLoaded: (loaded) => {
      source.loaded = loaded;
    },
  });
  return { ...rig, source };
}
