/** The event stream: the only way in which a page learns anything. Nothing is polled. */
import { lost, silent } from './link.ts';
import { clockMs, link } from './page.ts';

/** How long to wait before a stream that the server has refused is opened again. */
const RETRY_MS = 2_000;

export interface Stream<Events> {
  readonly url: string;
  /** By the name of the event. */
  readonly on: { readonly [Name in keyof Events]: (data: Events[Name]) => void };
  /** Asked when the stream was refused: whether a token is missing. */
  readonly isTokenNeeded?: () => Promise<boolean>;
}

/** Connects and stays connected; returns what ends it. */
export function follow<Events>({ url, on, isTokenNeeded }: Stream<Events>): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hasEnded = false;

  const connect = (): void => {
    source = new EventSource(url);
    for (const name of Object.keys(on) as (keyof Events & string)[]) {
      // From our own origin by our own types, so it is not parsed again.
      source.addEventListener(name, (event) => on[name](JSON.parse(event.data) as never));
    }
    source.addEventListener('error', () => void onError());
  };

  const onError = async (): Promise<void> => {
    link.value = lost(link.value);
    // An EventSource that was answered gives up; one that was cut tries again by itself.
    if (source?.readyState !== EventSource.CLOSED) return;
    source.close();
    const isRefused = (await isTokenNeeded?.()) ?? false;
    if (hasEnded) return;
    if (isRefused) link.value = { status: 'login' };
    else retry = setTimeout(connect, RETRY_MS);
  };

  connect();
  const ticking = setInterval(() => {
    clockMs.value = Date.now();
    link.value = silent(link.value, Date.now());
  }, 1_000);
  return () => {
    hasEnded = true;
    clearInterval(ticking);
    clearTimeout(retry);
    source?.close();
  };
}
