import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { phrase } from '@zephyr/runtime/phrase';
import { describe, expect, it } from 'vitest';

import { otherPort, requireFreePorts } from './free-port.ts';

const wanted = (port: number, host = '127.0.0.1') => ({
  host,
  port,
  owner: phrase`the proxy (server.port)`,
  advice: phrase`choose another`,
});

describe('otherPort', () => {
  it('suggests a port that exists, with room after it', () => {
    expect(otherPort(8080, 10)).toBe(8090);
    expect(otherPort(65_100, 1000)).toBe(64_100);
  });
});

describe('requireFreePorts', () => {
  it('names the port used by another program, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(requireFreePorts([wanted(0), wanted(port)])).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `port ${port} for the proxy (server.port) is not free: another program is using it`,
      advice: ['choose another'],
    });
    other.close();
    await once(other, 'close');
    await expect(requireFreePorts([wanted(port)])).resolves.toBeUndefined();
  });

  it('names an address that this machine does not have', async () => {
    await expect(requireFreePorts([wanted(8080, '192.0.2.1')])).rejects.toThrow(
      'this machine has no address 192.0.2.1',
    );
  });
});
