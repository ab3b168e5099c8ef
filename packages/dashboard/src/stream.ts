/** The event stream: the only way in which the page learns anything. Nothing is polled. */
import type { ApiHistory, ApiLogEntry, ApiSample, ApiState } from '@zephyr/runtime/api';

import { heard, lost, silent } from './link.ts';
import { clockMs, link, takeLog, takeSamples, takeState } from './store.ts';

/** How long to wait before a stream that the server has refused is opened again. */
const RETRY_MS = 2_000;

/** Connects and stays connected; returns what ends it. */
export function followEvents(): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    source = new EventSource('/events');
    source.addEventListener('state', (event) => {
      takeState(parsed<ApiState>(event));
      link.value = heard(Date.now());
    });
    source.addEventListener('history', (event) => {
      const history = parsed<ApiHistory>(event);
      takeSamples(history.samples, true);
      takeLog(history.log, true);
    });
    source.addEventListener('sample', (event) => takeSamples([parsed<ApiSample>(event)], false));
    source.addEventListener('log', (event) => takeLog([parsed<ApiLogEntry>(event)], false));
    source.addEventListener('error', () => void onError());
  };

  const onError = async (): Promise<void> => {
    link.value = lost(link.value);
    // An EventSource that was answered gives up; one that was cut tries again by itself.
    if (source?.readyState !== EventSource.CLOSED) return;
    source.close();
    if (await isTokenNeeded()) link.value = { status: 'login' };
    else retry = setTimeout(connect, RETRY_MS);
  };

  connect();
  const ticking = setInterval(() => {
    clockMs.value = Date.now();
    link.value = silent(link.value, Date.now());
  }, 1_000);
  return () => {
    clearInterval(ticking);
    clearTimeout(retry);
    source?.close();
  };
}

/** An EventSource hides the status of a refusal, so ask for it. */
async function isTokenNeeded(): Promise<boolean> {
  try {
    return (await fetch('/api/state')).status === 401;
  } catch {
    return false;
  }
}

/** From our own origin by our own schema, so it is not parsed again. */
function parsed<Data>(event: MessageEvent<string>): Data {
  return JSON.parse(event.data) as Data;
}
