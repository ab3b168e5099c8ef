/** A token refused by an endpoint: its group is reported, requests go elsewhere, a new token is used. */
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { demanding, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import { startChangingRig } from '../test-support/changing-config.ts';

describe('a refused token', () => {
  it('is reported with its group, and the next one is used without a restart', async () => {
    const { proxy, first, source } = await startChangingRig({ groups: ['renewed', 'other'] });
    first.always(demanding({ authorization: 'Bearer sk-new' }, sse()));
    const ask = async () => {
      const answers = await Promise.all([call(proxy.port), call(proxy.port)]);
      return answers.map(({ status, headers }) => `${status} ${headers['x-zephyr-endpoint']}`);
    };
    expect(await ask()).toEqual(['200 e2', '200 e2']);
    expect(new Set(source.refused)).toEqual(new Set(['renewed']));
    source.change(({ secrets }) => ({
      secrets: {
        ...secrets,
        groupTokens: new Map([...secrets.groupTokens, ['renewed', new Secret('sk-new')]]),
      },
    }));
    const reported = source.refused.length;
    await eventually(async () => expect(await ask()).toContain('200 e1'));
    expect(source.refused).toHaveLength(reported);
  });
});
