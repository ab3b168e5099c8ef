/** deploy/swarm/stack.yml on a real swarm of one node: it comes up, and is updated without downtime. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { freePort, whyNoContainers } from './stack.ts';
import { converge, createSwarm, type Swarm, whyNoSwarm } from './swarm.ts';
import { startTraffic, type Traffic } from './traffic.ts';

const missing = whyNoContainers() ?? whyNoSwarm();
if (missing !== undefined) console.log(`swarm: skipped, ${missing}`);

describe.skipIf(missing !== undefined)('the stack on a swarm', { timeout: 600_000 }, () => {
  let swarm: Swarm;
  let url: string;
  let traffic: Traffic;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    swarm = await createSwarm(port);
    await converge(swarm);
    await vi.waitFor(
      async () => {
        const response = await fetch(`${url}/status`, { headers: { accept: 'application/json' } });
        expect(await response.json()).toMatchObject({
          redis: 'connected',
          snapshot: { source: 'redis' },
        });
      },
      { timeout: 60_000, interval: 500 },
    );
    traffic = startTraffic({ url, clients: 8, key: 'any' });
  }, 600_000);
  afterAll(async () => {
    await traffic?.stop();
    await swarm?.remove();
  }, 240_000);

  it('runs all replicas', async () => {
    expect(await swarm.replicas()).toMatchObject({
      proxy: '3/3',
      controller: '2/2',
      prober: '2/2',
    });
  });

  it('checks the endpoints by the Claude CLI, which needs a temporary folder to execute from', async () => {
    const filter = `--filter=label=com.docker.swarm.service.name=${swarm.nameOf('prober')}`;
    const ask = `fetch('http://127.0.0.1:8082/metrics').then((answer) => answer.text()).then(console.log)`;
    await vi.waitFor(
      async () => {
        const containers = (await swarm.docker('ps', '--quiet', filter)).trim().split('\n');
        const outputs = await Promise.all(
          containers.map((id) => swarm.docker('exec', id, 'node', '-e', ask)),
        );
        for (const id of ['simulated-a', 'simulated-b', 'simulated-c']) {
          expect(outputs.join('\n')).toContain(
            `zephyr_probe_results_total{endpoint="${id}",style="cli",outcome="ok"}`,
          );
        }
      },
      { timeout: 180_000, interval: 1_000 },
    );
  });

  it.each(['proxy', 'controller', 'prober'])(
    'loses no request while %s is updated',
    async (service) => {
      traffic.takeTally();
      await swarm.docker('service', 'update', '--force', '--quiet', swarm.nameOf(service));
      await converge(swarm);
      const tally = traffic.takeTally();
      console.log(`swarm: ${service} updated: ${JSON.stringify(tally)}`);
      expect(tally).toMatchObject({ unanswered: 0, cut: 0, cut_silently: 0, refused: 0 });
      expect(tally.complete).toBeGreaterThan(10);
      const state = await swarm.docker(
        ...['service', 'inspect', swarm.nameOf(service), '--format', '{{.UpdateStatus.State}}'],
      );
      expect(state.trim()).toBe('completed');
    },
  );
});
