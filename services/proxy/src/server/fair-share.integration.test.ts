/** One person's usage takes nothing away from another. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const keyOf = (name: string): string => `key-of-${name}-0123456789`;
const clientKeys = ['hog', 'ann'].map((name) => ({
  name,
  sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
}));

describe('the memory for bodies', () => {
  it('one person with stalled uploads loses failover, another keeps it', async () => {
    const { proxy, first, second } = await startRig({
      clientKeys,
      limits: { bufferedBodiesBytes: 100_000 },
      failover: { failuresToEject: 100 },
    });
    for (let upload = 0; upload < 8; upload += 1) {
      const socket = connect(proxy.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${keyOf('hog')}\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(30_000)}`,
      );
    }
    // One is buffered; the others stream through, because the hog's share is used up.
    await eventually(() => expect(first.ledger.length).toBe(7));
    expect(await proxy.metrics()).toContain('zephyr_proxy_buffered_body_bytes 30000');
    const ask = (name: string) =>
      call(proxy.port, { headers: { 'x-api-key': keyOf(name) }, body: 'x'.repeat(20_000) });
    for (let round = 0; round < 2; round += 1) {
      first.next(status(500));
      expect((await ask('ann')).headers['x-zephyr-endpoint']).toBe('e2');
    }
    expect(second.ledger.filter(({ complete }) => complete)).toHaveLength(2);
  });
});
