/** The event stream of a controller; reconnects until aborted. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiHistory, ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { SILENCE_MS } from '@zephyr/contract/api/stream-timing';
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';
import type { EventSourceMessage } from 'eventsource-parser/stream';
import type { AdminClient, EventOptions } from './client.ts';

const RECONNECT_INTERVAL_MS = 1_000;

export type StreamMessage =
  | { readonly kind: 'state'; readonly state: ApiState }
  | { readonly kind: 'history'; readonly history: ApiHistory }
  | { readonly kind: 'sample'; readonly sample: ApiSample }
  | { readonly kind: 'log'; readonly entry: ApiLogEntry }
  | { readonly kind: 'request'; readonly record: ApiRequestRecord }
  /** The connection is lost; any later message means that it is back. */
  | { readonly kind: 'lost'; readonly error: unknown };

export async function* followStream(
  client: AdminClient,
  signal: AbortSignal,
  options: Pick<EventOptions, 'hasRequests'> = {},
): AsyncGenerator<StreamMessage> {
  let lastEventId = '';
  while (!signal.aborted) {
    const silence = new AbortController();
    const watch = setTimeout(() => silence.abort(), SILENCE_MS);
    let error: unknown;
    try {
      for await (const event of client.events(AbortSignal.any([signal, silence.signal]), {
        ...options,
        lastEventId,
      })) {
        watch.refresh();
        if (event.id !== undefined) lastEventId = event.id;
        const message = messageOf(event);
        if (message !== undefined) yield message;
      }
    } catch (caught) {
      error = caught;
    } finally {
      clearTimeout(watch);
    }
    if (signal.aborted) return;
    yield { kind: 'lost', error };
    await wait(RECONNECT_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function messageOf({ event, data }: EventSourceMessage): StreamMessage | undefined {
  switch (event) {
    case 'state':
      return { kind: 'state', state: JSON.parse(data) as ApiState };
    case 'history':
      return { kind: 'history', history: JSON.parse(data) as ApiHistory };
    case 'sample':
      return { kind: 'sample', sample: JSON.parse(data) as ApiSample };
    case 'log':
      return { kind: 'log', entry: JSON.parse(data) as ApiLogEntry };
    case 'request':
      return { kind: 'request', record: JSON.parse(data) as ApiRequestRecord };
    default:
      return undefined;
  }
}
