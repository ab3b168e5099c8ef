/** A deployed Zephyr of a given size: proxies, controller and Redis as processes, and their resource use. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { MIB } from '@zephyr/contract/units';

import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';

import { cpuMs, percentile, rssBytes } from '../../services/proxy/bench/load.ts';

import { type Product, startProduct } from '../never-worse/product.ts';
import { ROOMY } from '../peers/ours-and-system.ts';
import { type CostUpstream, startUpstream } from '../peers/upstream.ts';

type Redis = ReturnType<typeof createRedis>;

export interface SystemSize {
  readonly endpoints: number;
  readonly proxies: number;
  /** Tables of people, for config.toml. */
  readonly peopleConfig?: string;
}

/** One message per endpoint and minute, so that the number of endpoints shows in the controller's work. */
const PROBES = `[health_check]
style = "messages"
interval_seconds = 60
min_interval_seconds = 60
max_interval_seconds = 60
`;
/** The most endpoints that a group may have. */
const GROUP_SIZE = 100;
const DECISIONS = 15;
const DECISION_TIMEOUT_MS = 10_000;
const POLL_MS = 15;

export interface Use {
  readonly cpuUsPerRequest: number;
  /** The largest of the proxies. */
  readonly proxyMiB: number;
  readonly controllerMiB: number;
  readonly redisMiB: number;
  readonly controllerMsPerSecond: number;
  readonly redisOpsPerSecond: number;
  readonly redisKibPerSecond: number;
}

export class GrownSystem {
  readonly upstream: CostUpstream;
  readonly product: Product;
  readonly redis: Redis;

  private constructor(upstream: CostUpstream, product: Product, redis: Redis) {
    this.upstream = upstream;
    this.product = product;
    this.redis = redis;
  }

  static async start({ endpoints, proxies, peopleConfig = '' }: SystemSize): Promise<GrownSystem> {
    const upstream = await startUpstream({ isTls: false });
    const urls = Array.from({ length: endpoints }, (_, index) => `${upstream.url}/e${index + 1}`);
    const groups = Array.from({ length: Math.ceil(endpoints / GROUP_SIZE) }, (_, index) => ({
      name: `bench-${index + 1}`,
      urls: urls.slice(index * GROUP_SIZE, (index + 1) * GROUP_SIZE),
    }));
    const product = await startProduct({
      groups,
      ...{ extent: 'whole', proxies, config: `${ROOMY}${PROBES}${peopleConfig}` },
    });
    const redis = createRedis(
      { url: product.redisUrl },
      createLogger('bench', 'silent'),
      'command',
    );
    await once(redis, 'ready');
    await product.probed();
    return new GrownSystem(upstream, product, redis);
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.product.stop();
    this.upstream.stop();
  }

  /** The resource use of each part during this many requests. */
  async use(requests: number, work: () => Promise<unknown>): Promise<Use> {
    const [controller = 0] = this.product.pids('controller');
    const before = {
      proxies: this.proxiesCpuMs,
      controller: cpuMs(controller),
      redis: await this.#traffic(),
    };
    const startedAtMs = performance.now();
    await work();
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const redis = await this.#traffic();
    const memory = this.product.pids('proxy').map(rssBytes);
    return {
      cpuUsPerRequest: ((this.proxiesCpuMs - before.proxies) / requests) * 1_000,
      proxyMiB: Math.max(...memory) / MIB,
      controllerMiB: rssBytes(controller) / MIB,
      redisMiB: redis.memoryBytes / MIB,
      controllerMsPerSecond: (cpuMs(controller) - before.controller) / seconds,
      redisOpsPerSecond: (redis.commands - before.redis.commands) / seconds,
      redisKibPerSecond: (redis.bytes - before.redis.bytes) / 1024 / seconds,
    };
  }

  get proxiesCpuMs(): number {
    return this.product.pids('proxy').reduce((sum, pid) => sum + cpuMs(pid), 0);
  }

  async #traffic(): Promise<{ commands: number; bytes: number; memoryBytes: number }> {
    const info = await this.redis.info('all');
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return {
      commands: figure('total_commands_processed'),
      bytes: figure('total_net_input_bytes') + figure('total_net_output_bytes'),
      memoryBytes: figure('used_memory'),
    };
  }

  /**
   * From an operator's command until every proxy routes by it; p99 in ms, with the resolution of the polling.
   */
  async decisionMs(): Promise<number> {
    const { endpoints } = await this.product.status();
    const [first = '', second = ''] = endpoints.map(({ id }) => id);
    const times: number[] = [];
    for (let number = 0; number < DECISIONS; number += 1) {
      const wanted = number % 2 === 0 ? second : first;
      const startedAtMs = performance.now();
      await this.product.command('pin', { endpointId: wanted, force: true });
      await Promise.all(this.product.ports.map((port) => routesBy(port, wanted)));
      times.push(performance.now() - startedAtMs);
    }
    await this.product.command('unpin', {});
    return percentile(times, 0.99);
  }
}

async function routesBy(port: number, endpointId: string): Promise<void> {
  const untilMs = performance.now() + DECISION_TIMEOUT_MS;
  while (performance.now() < untilMs) {
    const response = await fetch(`http://127.0.0.1:${port}/status`, {
      headers: { accept: 'application/json' },
    });
    const { pinned_endpoint_id: pinned } = (await response.json()) as {
      pinned_endpoint_id: string;
    };
    if (pinned === endpointId) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the proxy on ${port} does not route by ${endpointId}`);
}
