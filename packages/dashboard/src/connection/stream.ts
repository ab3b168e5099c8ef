/** The event stream, a page's only source of data. Nothing is polled. */
import { wallClockMs } from './clock.ts';
import { lost, silent } from './connection-state.ts';
import { clockMs, link } from './page-state.ts';

/** How long to wait before reopening a stream that the server has refused. */
const REOPEN_AFTER_MS = 2_000;

export interface Stream<Events> {
  readonly url: string;
  /** By event name. */
  readonly on: { readonly [Name in keyof Events]: (data: Events[Name]) => void };
  /** Called when the stream is refused; returns whether a token is missing. */
  readonly isTokenNeeded?: () => Promise<boolean>;
}

/** Connects and stays connected; returns a function that disconnects. */
export function follow<Events>({ url, on, isTokenNeeded }: Stream<Events>): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hasEnded = false;

  const connect = (): void => {
    source = new EventSource(url);
    for (const name of Object.keys(on) as (keyof Events & string)[]) {
      // From our own origin and with our own types, so it is not validated.
      source.addEventListener(name, (event) => on[name](JSON.parse(event.data) as never));
    }
    source.addEventListener('error', () => void onError());
  };

  const onError = async (): Promise<void> => {
    link.value = lost(link.value);
    // An EventSource gives up after an error answer; after a lost connection it retries by itself.
    if (source?.readyState !== EventSource.CLOSED) return;
    source.close();
    const isRefused = (await isTokenNeeded?.()) ?? false;
    if (hasEnded) return;
    if (isRefused) link.value = { status: 'login' };
    else retry = setTimeout(connect, REOPEN_AFTER_MS);
  };

  connect();
  const ticking = setInterval(() => {
    clockMs.value = wallClockMs();
    link.value = silent(link.value, wallClockMs());
  }, 1_000);
  return () => {
    hasEnded = true;
    clearInterval(ticking);
    clearTimeout(retry);
    source?.close();
  };
}
