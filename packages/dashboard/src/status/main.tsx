/** The status page, which every proxy serves: the dashboard's first panel, for everyone. */
import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import { render } from 'preact';

import { follow } from '../connection/stream.ts';
import { chooseLanguage, language } from '../language/language.ts';
import { followTab } from '../shell/tab.ts';
import { proxyState, situationOf, takeProxyState } from './proxy-state.ts';
import { StatusPage } from './status-page.tsx';

const root = document.querySelector('#app');
if (root === null) throw new Error('status.html has no #app');

follow<{ state: ProxyStatus }>({ url: 'status/events', on: { state: takeProxyState } });
followTab(() => ({
  situation: proxyState.value === null ? null : situationOf(proxyState.value),
  pageTitle: null,
}));
render(<StatusPage />, root);
addEventListener('keydown', ({ key, ctrlKey, metaKey, altKey }) => {
  if (key.toLowerCase() !== 'l' || ctrlKey || metaKey || altKey) return;
  chooseLanguage(language.value === 'en' ? 'zh' : 'en');
});
