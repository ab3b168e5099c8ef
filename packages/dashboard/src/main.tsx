import { render } from 'preact';

import { App } from './app.tsx';
import { listenToKeys } from './keyboard.ts';
import { link } from './store.ts';
import { followEvents } from './stream.ts';

const root = document.querySelector('#app');
if (root === null) throw new Error('index.html has no #app');

let stopFollowing = followEvents();
const onSignedIn = (): void => {
  stopFollowing();
  link.value = { status: 'connecting' };
  stopFollowing = followEvents();
};

listenToKeys();
render(<App onSignedIn={onSignedIn} />, root);
