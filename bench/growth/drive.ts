/** The load of the growth bench: requests of different people and sessions, at a given concurrency. */
import { Agent } from 'node:http';

import { bodyOf, turn } from '../peers/turn.ts';

export type HeadersOf = (index: number) => Readonly<Record<string, string>>;

const BODY = bodyOf(900, { stream: false });

export interface Drive {
  readonly ports: readonly number[];
  readonly requests: number;
  readonly headersOf: HeadersOf;
  readonly atOnce?: number;
}

export async function drive({ ports, requests, headersOf, atOnce = 32 }: Drive): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const index = next;
      next += 1;
      const port = ports[index % ports.length] ?? 0;
      const peer = { port, headers: headersOf(index), pids: () => [], stop: () => undefined };
      await turn(peer, { agent, body: BODY });
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    agent.destroy();
  }
}
