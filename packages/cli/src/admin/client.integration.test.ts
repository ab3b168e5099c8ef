/** A long answer cut off when the controller stops or its Redis goes away. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { translator } from '@zephyr/texts';
import { expect, it, onTestFinished } from 'vitest';

import { adminClient } from './client.ts';

it.each(['application/json', 'text/csv'])('says that an answer was cut: %s', async (type) => {
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': type });
    res.write('{"since":"2026-11-01",', () => res.destroy());
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = adminClient({ url: `http://127.0.0.1:${port}` }, translator('en'));
  const asked = type === 'text/csv' ? client.usageText({}, 'csv') : client.usage({});
  await expect(asked).rejects.toMatchObject({
    ...{
      code: 'UNREACHABLE',
      message: `the answer of the controller at http://127.0.0.1:${port} was cut off`,
    },
    advice: ['Run the command again; status says whether Redis is reachable.'],
  });
});
