/** Several proxies behind HAProxy: replaced one by one without downtime. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createStack, type Stack, whyNoContainers } from './stack.ts';
import { startTraffic, type Traffic } from './traffic.ts';

const FILES = ['docker-compose.yml', 'deploy/compose/scale.yml'];
const PROXIES = '3';
const missing = whyNoContainers();
if (missing !== undefined) console.log(`scale: skipped, ${missing}`);

describe.skipIf(missing !== undefined)('several proxies on one host', { timeout: 600_000 }, () => {
  let stack: Stack;
  let traffic: Traffic;

  beforeAll(async () => {
    stack = await createStack(FILES);
    await stack.compose('up', '--detach', '--build', '--wait', '--scale', `proxy=${PROXIES}`);
    traffic = startTraffic({ url: stack.url, clients: 8, key: 'any' });
  }, 600_000);
  afterAll(async () => {
    await traffic?.stop();
    await stack?.remove();
  }, 120_000);

  it('are replaced one by one without a lost or a refused request', async () => {
    traffic.takeTally();
    for (const container of (await stack.compose('ps', '--quiet', 'proxy')).trim().split('\n')) {
      await stack.replace(container);
      await stack.compose('up', '--detach', '--wait', '--scale', `proxy=${PROXIES}`);
    }
    const tally = traffic.takeTally();
    console.log(`e2e-compose: three proxies replaced: ${JSON.stringify(tally)}`);
    expect(tally).toMatchObject({ unanswered: 0, cut: 0, cut_silently: 0, refused: 0 });
    expect(tally.complete).toBeGreaterThan(10);
  });
});
