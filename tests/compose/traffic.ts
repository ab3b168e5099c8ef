/** Users at work: several clients that send a request, read the streamed answer, and repeat. */
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How one request ended, as the client saw it. */
export type Ending =
  /** A complete answer, from `message_start` to `message_stop`. */
  | 'complete'
  /** The connection ended before any answer byte: nothing is lost, the client retries. */
  | 'unanswered'
  /** An answer that began and did not end: lost. */
  | 'cut'
  /** A clean end without `message_stop`: worse than lost, because it goes unnoticed. */
  | 'cut_silently'
  /** Answered with an error. */
  | 'refused';

export type Tally = Record<Ending, number>;

export interface Traffic {
  /** The endings since the last call. */
  takeTally(): Tally;
  /** Waits for the active requests to end. */
  stop(): Promise<void>;
}

export interface TrafficOptions {
  readonly url: string;
  readonly clients: number;
  readonly key: string;
}

export function startTraffic(options: TrafficOptions): Traffic {
  let tally = emptyTally();
  let stopping = false;
  const work = async () => {
    while (!stopping) {
      const ending = await ask(options);
      tally[ending] += 1;
      if (ending === 'unanswered') await sleep(100);
    }
  };
  const clients = Array.from({ length: options.clients }, work);
  return {
    takeTally: () => {
      const taken = tally;
      tally = emptyTally();
      return taken;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(clients);
    },
  };
}

const emptyTally = (): Tally => ({
  ...{ complete: 0, unanswered: 0, cut: 0, cut_silently: 0, refused: 0 },
});

const BODY = JSON.stringify({
  model: 'claude-haiku-4-5',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'say something' }],
});

/** One request on its own connection, so that it never hits an idle connection being closed. */
export function ask({ url, key }: Pick<TrafficOptions, 'url' | 'key'>): Promise<Ending> {
  return new Promise((resolve) => {
    const headers = {
      ...{ 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      authorization: `Bearer ${key}`,
    };
    const sent = request(`${url}/v1/messages`, { method: 'POST', agent: false, headers });
    sent.once('error', () => resolve('unanswered'));
    sent.once('response', (response) => void read(response).then(resolve));
    sent.end(BODY);
  });
}

async function read(response: IncomingMessage): Promise<Ending> {
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } catch {
    return 'cut';
  }
  if (response.statusCode !== 200) return 'refused';
  return text.includes('event: message_stop') ? 'complete' : 'cut_silently';
}
