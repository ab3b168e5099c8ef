/** Endpoints with Zephyr in front for one scene, and helpers shared by all scenes. */
import type { Agent } from 'node:http';

import { newAgent } from './client.ts';
import { type Behaviour, type Endpoint, startEndpoints, well } from './endpoint.ts';
import { type GroupSetup, type Product, type ProductSetup, startProduct } from './product.ts';

/** Usual latency of an endpoint. */
export const ANSWER_MS = 100;

export interface Stage {
  readonly endpoints: readonly Endpoint[];
  readonly product: Product;
  readonly port: number;
  readonly agent: Agent;
}

export interface StageSetup extends Omit<ProductSetup, 'groups'> {
  /** Endpoints per group, or in a single group. */
  readonly endpoints: number | readonly number[];
  readonly behaviourOf?: (index: number) => Behaviour;
}

export async function onStage<Result>(
  setup: StageSetup,
  act: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const sizes = typeof setup.endpoints === 'number' ? [setup.endpoints] : setup.endpoints;
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const endpoints = await startEndpoints(count, setup.behaviourOf ?? (() => well(ANSWER_MS)));
  const agent = newAgent();
  let product: Product | undefined;
  try {
    product = await startProduct({ ...setup, groups: groupsOf(sizes, endpoints) });
    return await act({ endpoints, product, port: product.port, agent });
  } finally {
    agent.destroy();
    await product?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  }
}

function groupsOf(sizes: readonly number[], endpoints: readonly Endpoint[]): GroupSetup[] {
  let first = 0;
  return sizes.map((size, index) => {
    const urls = endpoints.slice(first, first + size).map(({ url }) => url);
    first += size;
    return { name: index === 0 ? 'main' : `backup-${index}`, urls };
  });
}

export function behaveAll(endpoints: readonly Endpoint[], behaviour: Behaviour): void {
  for (const endpoint of endpoints) endpoint.behave(behaviour);
}
