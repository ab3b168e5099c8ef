/** The terminal dashboard: connects the model, the event stream, the keyboard and the screen. */
import { systemClock } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Language } from '@zephyr/texts';
import { render, useInput, useWindowSize } from 'ink';
import { createElement as h, type ReactElement, useEffect, useState } from 'react';

import type { AdminClient } from '../admin/client.ts';
import { followStream } from '../admin/follow-stream.ts';
import { View } from './draw/view.ts';
import { initialModel, type Message, type Model } from './model.ts';
import { keysOf } from './split-keys.ts';
import { update } from './update.ts';

/** Changes arrive at most twice a second; more frames would only cost CPU. */
const MAX_FPS = 10;
const TICK_INTERVAL_MS = 1_000;

export interface DashboardOptions {
  readonly client: AdminClient;
  readonly language: Language;
  /** Closes the dashboard from outside. */
  readonly signal?: AbortSignal | undefined;
}

/** Shows the dashboard until the user quits. The terminal is always restored. */
export async function runDashboard({ client, language, signal }: DashboardOptions): Promise<void> {
  const ending = new AbortController();
  const store = createStore(initialModel(client.url, language), client, () => ending.abort());
  const app = render(h(App, { store }), {
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: MAX_FPS,
    exitOnCtrlC: false,
    // A person is watching, even if CI is set.
    interactive: true,
  });
  const until = signal === undefined ? ending.signal : AbortSignal.any([ending.signal, signal]);
  const ticking = setInterval(() => {
    // A state redraws the time too: one frame a second is enough for both.
    if (systemClock.epochMs() - lastStateAtMs(store.model()) > TICK_INTERVAL_MS * 0.9)
      store.send({ kind: 'tick' });
  }, TICK_INTERVAL_MS);
  until.addEventListener('abort', () => app.unmount(), { once: true });
  const following = follow(store, client, until);
  await app.waitUntilExit();
  ending.abort();
  clearInterval(ticking);
  await following;
}

function lastStateAtMs({ link }: Model): number {
  return link.status === 'live' ? link.lastAtMs : 0;
}

async function follow(store: Store, client: AdminClient, signal: AbortSignal): Promise<void> {
  for await (const message of followStream(client, signal)) store.send(message);
}

interface Store {
  model(): Model;
  send(message: Message): void;
  subscribe(listener: (model: Model) => void): () => void;
}

function createStore(first: Model, client: AdminClient, quit: () => void): Store {
  let model = first;
  const listeners = new Set<(model: Model) => void>();
  const send = (message: Message): void => {
    const { model: next, effect } = update(model, message, systemClock.epochMs());
    model = next;
    for (const listener of listeners) listener(model);
    if (effect?.kind === 'quit') quit();
    if (effect?.kind !== 'command') return;
    const command = effect.name;
    client.command(effect.name, effect.body).then(
      (answer) => send({ kind: 'answered', command, answer }),
      (error: unknown) => send({ kind: 'refused', text: messageOf(error) }),
    );
  };
  return {
    model: () => model,
    send,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function App({ store }: { readonly store: Store }): ReactElement {
  const [model, setModel] = useState(store.model());
  const size = useWindowSize();
  useEffect(() => store.subscribe(setModel), [store]);
  useInput((input, key) => {
    for (const each of keysOf(input, key)) store.send({ kind: 'key', key: each });
  });
  return h(View, { model, size });
}
