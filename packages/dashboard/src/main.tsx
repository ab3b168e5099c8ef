/** The dashboard, which the controller serves. */
import type { ApiHistory, ApiLogEntry, ApiSample } from '@zephyr/contract/api-history';
import type { ApiState } from '@zephyr/contract/api-state';
import { render } from 'preact';

import { App } from './app.tsx';
import { listenToKeys } from './keyboard.ts';
import { link } from './page.ts';
import { takeLog, takeSamples, takeState } from './store.ts';
import { follow } from './stream.ts';

const root = document.querySelector('#app');
if (root === null) throw new Error('index.html has no #app');

let stopFollowing = followController();
const onSignedIn = (): void => {
  stopFollowing();
  link.value = { status: 'connecting' };
  stopFollowing = followController();
};

listenToKeys();
render(<App onSignedIn={onSignedIn} />, root);

function followController(): () => void {
  return follow<{ state: ApiState; history: ApiHistory; sample: ApiSample; log: ApiLogEntry }>({
    url: '/events',
    on: {
      state: takeState,
      history: (history) => {
        takeSamples(history.samples, true);
        takeLog(history.log, true);
      },
      sample: (sample) => takeSamples([sample], false),
      log: (entry) => takeLog([entry], false),
    },
    // An EventSource hides the status of a refusal, so ask for it.
    isTokenNeeded: async () => {
      try {
        return (await fetch('/api/state')).status === 401;
      } catch {
        return false;
      }
    },
  });
}
