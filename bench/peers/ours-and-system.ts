/** A direct connection, the system's proxies, and Zephyr's proxy by itself. */
import { spawnSync } from 'node:child_process';

import { caFile, startZephyr } from '../../services/proxy/bench/contenders.ts';
import { RIVALS, type RivalName } from '../never-worse/rivals.ts';
import { familyOf, type Peer } from './peer.ts';

const direct: Peer = {
  name: 'direct',
  version: 'the first endpoint',
  start: async ([url = '']) => ({
    ...{ port: Number(new URL(url).port), headers: {}, isTls: url.startsWith('https:') },
    ...{ pids: () => [], stop: () => undefined },
  }),
};

/** All load comes from one address. */
export const ROOMY = `[limits]
active_requests = 20000
active_requests_per_client = 20000
connections = 20000
connections_per_address = 20000
`;

const zephyr: Peer = {
  name: 'Zephyr',
  version: 'this one',
  async start(urls) {
    const config = ROOMY;
    const { port, pid, stop } = await startZephyr('zephyr', { urls, config });
    return { port, headers: {}, pids: () => familyOf(pid), stop };
  },
};

function systemPeer(name: RivalName, title: string): Peer {
  const { status, stdout, stderr } = spawnSync(name, ['-v'], { encoding: 'utf8' });
  const version = /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? '';
  return {
    ...{ name: title, version },
    missing: status === 0 ? undefined : `not installed: apt-get install ${name}`,
    async start(urls) {
      const ports = urls.map((url) => Number(new URL(url).port));
      const isTls = urls[0]?.startsWith('https:') === true;
      const rival = await RIVALS[name](ports, isTls ? caFile() : undefined);
      if (rival === undefined) throw new Error(`${name} is not installed`);
      return { port: rival.port, headers: {}, pids: () => familyOf(rival.pid), stop: rival.stop };
    },
  };
}

export const WITHOUT_A_GATEWAY: readonly Peer[] = [
  direct,
  systemPeer('nginx', 'nginx'),
  systemPeer('haproxy', 'HAProxy'),
];
export const ZEPHYR = zephyr;
