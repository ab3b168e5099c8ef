/**
 * The endpoints of the bench: each answers by its behaviour and its own luck, which depends only on the
 * request's id. So the same question has the same luck, whatever is in between.
 */
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { sse, status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';

import { seededRandom, seedOf } from '../simulation/random.ts';

/** What an endpoint sees of a request. */
export interface Ask {
  /** `probe`: anything without the id of one of our people. */
  readonly from: 'person' | 'probe';
  readonly id: string;
  readonly model: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** 1 if this endpoint sees this id for the first time. */
  readonly delivery: number;
}

export type Behaviour = (ask: Ask) => UpstreamScript;

export interface Endpoint {
  readonly name: string;
  readonly index: number;
  readonly port: number;
  readonly url: string;
  /** Number of deliveries of each person's request, by id. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** When it last passed a probe, by `performance.now()`. */
  readonly lastGoodProbeAtMs: number | undefined;
  behave(behaviour: Behaviour): void;
  refuse(): Promise<void>;
  listen(): Promise<void>;
  stop(): Promise<void>;
}

/** The mark of people's requests: `bench:<id>` is in the text of the question. */
export const MARK = 'bench:';

export async function startEndpoint(index: number, behaviour: Behaviour): Promise<Endpoint> {
  const upstream = await startScriptedUpstream();
  return new BenchEndpoint(index, upstream, behaviour);
}

export function startEndpoints(
  count: number,
  behaviourOf: (index: number) => Behaviour,
): Promise<Endpoint[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => startEndpoint(index, behaviourOf(index))),
  );
}

class BenchEndpoint implements Endpoint {
  readonly name: string;
  readonly index: number;
  readonly deliveries = new Map<string, number>();
  readonly #upstream: ScriptedUpstream;
  #behaviour: Behaviour = well(0);
  lastGoodProbeAtMs: number | undefined;

  constructor(index: number, upstream: ScriptedUpstream, behaviour: Behaviour) {
    this.index = index;
    this.name = `e${index + 1}`;
    this.#upstream = upstream;
    this.behave(behaviour);
    upstream.always(async (turn) => {
      await turn.bodyComplete;
      const { method, target, headers, body } = turn.request;
      const text = body.toString();
      const { id, model } = readBody(text);
      const delivery = (this.deliveries.get(id) ?? 0) + 1;
      if (id !== '') this.deliveries.set(id, delivery);
      const from = id === '' && method === 'POST' ? 'probe' : 'person';
      const path = target.split('?')[0] ?? target;
      await this.#behaviour({ from, id, model, method, path, headers, body: text, delivery })(turn);
    });
  }

  get port(): number {
    return this.#upstream.port;
  }

  get url(): string {
    return this.#upstream.url;
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = (ask) => {
      const script = behaviour(ask);
      if (ask.from === 'person') return script;
      return async (turn) => {
        await script(turn);
        if (GOOD.has(script)) this.lastGoodProbeAtMs = performance.now();
      };
    };
  }

  refuse(): Promise<void> {
    return this.#upstream.refuse();
  }

  listen(): Promise<void> {
    return this.#upstream.listen();
  }

  stop(): Promise<void> {
    return this.#upstream.stop();
  }
}

/** The scripts of complete, good answers. */
const GOOD = new WeakSet<UpstreamScript>();

/** Clients send the question as a string, as a list of blocks, or between their own reminders. */
const QUESTION = new RegExp(`${MARK}([\\w-]+)`);
const MODEL = /"model"\s*:\s*"([^"]*)"/;

function readBody(text: string): { id: string; model: string } {
  return { id: QUESTION.exec(text)?.[1] ?? '', model: MODEL.exec(text)?.[1] ?? '' };
}

/** Answers after this delay; each event has `who`, which shows who served. */
export function well(delayMs: number): Behaviour {
  return () => good(delayMs);
}

export function good(delayMs: number): UpstreamScript {
  const script = sse({ delayMs, deltas: 2 });
  GOOD.add(script);
  return script;
}

/** Healthy, but answers a share `q` of requests with this refusal, by the request's luck. */
export function byChance(
  about: { readonly seed: number; readonly index: number; readonly q: number },
  refusal: UpstreamScript,
  delayMs: number,
): Behaviour {
  return ({ id, delivery }) => {
    const luck = seededRandom(seedOf(about.seed, about.index, numberOf(id), delivery)).next();
    return luck < about.q ? refusal : good(delayMs);
  };
}

/** Hashes a text to a number, for seeds. */
export function numberOf(text: string): number {
  return seedOf(...Buffer.from(text));
}

/** This answer if the predicate holds, else a good one. */
export function onlyWhere(
  isHit: (ask: Ask) => boolean,
  script: UpstreamScript,
  delayMs: number,
): Behaviour {
  return (ask) => (isHit(ask) ? script : good(delayMs));
}

export const overloaded: UpstreamScript = status(529);

/** An error answer in the format of the Messages API with this type and text. */
export function refusal(
  code: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): UpstreamScript {
  return status(code, headers, JSON.stringify({ type: 'error', error: { type, message } }));
}

/** A web page. */
export function page(code: number): UpstreamScript {
  const html = '<!DOCTYPE html><html><body>nothing here</body></html>';
  return status(code, { 'content-type': 'text/html' }, html);
}
