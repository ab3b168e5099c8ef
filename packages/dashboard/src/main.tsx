/** The dashboard, which the controller serves. */

import { effect } from '@preact/signals';
import type { ApiStream } from '@zephyr/contract/api/api-history';
import { apiAddress } from '@zephyr/contract/api/api-routes';
import { render } from 'preact';

import { App } from './app.tsx';
import { fromHere } from './connection/from-here.ts';
import { link } from './connection/page-state.ts';
import { follow } from './connection/stream.ts';
import { speech } from './language/language.ts';
import { pageName } from './navigation/navigation.ts';
import { listenToKeys } from './shell/keyboard.ts';
import { followTab } from './shell/tab.ts';
import { notifyOf } from './state/browser-notifications.ts';
import {
  log,
  state,
  streamsOpened,
  takeLog,
  takeRequest,
  takeSamples,
  takeState,
} from './state/store.ts';

const root = document.querySelector('#app');
if (root === null) throw new Error('index.html has no #app');

let stopFollowing = (): void => {};
const followAnew = (): void => {
  stopFollowing();
  stopFollowing = followController(pageName.peek() === 'requests');
};
const onLoggedIn = (): void => {
  link.value = { status: 'connecting' };
  followAnew();
};

// Finished requests are sent only to clients that show them.
let isFollowingRequests: boolean | undefined;
effect(() => {
  const hasRequests = pageName.value === 'requests';
  if (hasRequests === isFollowingRequests) return;
  isFollowingRequests = hasRequests;
  followAnew();
});
followTab(() => ({
  situation: state.value,
  pageTitle: pageName.value === 'overview' ? null : speech.value.say(`nav.${pageName.value}`),
}));
listenToKeys();
render(<App onLoggedIn={onLoggedIn} />, root);

function followController(hasRequests: boolean): () => void {
  return follow<ApiStream>({
    url: fromHere(apiAddress('events', { requests: hasRequests || undefined })),
    on: {
      state: takeState,
      history: (history) => {
        takeSamples(history.samples, true);
        takeLog(history.log, true);
        streamsOpened.value += 1;
      },
      sample: (sample) => takeSamples([sample], false),
      log: (entry) => {
        notifyOf(entry, log.peek());
        takeLog([entry], false);
      },
      request: takeRequest,
    },
    // An EventSource hides the status of a refusal, so query it separately.
    isTokenNeeded: async () => {
      try {
        return (await fetch(fromHere(apiAddress('state')))).status === 401;
      } catch {
        return false;
      }
    },
  });
}
