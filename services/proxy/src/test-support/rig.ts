/** The usual setup of a test: some upstreams and a proxy in front of them, all stopped after the test. */
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { onTestFinished } from 'vitest';

import { startTestProxy, type TestProxy, type TestProxyOptions } from './test-proxy.ts';

export interface Rig {
  readonly proxy: TestProxy;
  readonly upstreams: readonly ScriptedUpstream[];
  readonly first: ScriptedUpstream;
  readonly second: ScriptedUpstream;
}

export interface RigOptions extends Partial<Omit<TestProxyOptions, 'endpoints'>> {
  readonly count?: number;
}

/** Must be called within a test. */
export async function startRig({ count = 2, ...options }: RigOptions = {}): Promise<Rig> {
  const upstreams = await Promise.all(Array.from({ length: count }, () => startScriptedUpstream()));
  const proxy = await startTestProxy({ ...options, endpoints: upstreams.map(({ url }) => url) });
  onTestFinished(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    await proxy.stop();
  });
  const [first, second = first] = upstreams;
  if (first === undefined || second === undefined) throw new Error('a rig needs an upstream');
  return { proxy, upstreams, first, second };
}
