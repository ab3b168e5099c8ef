import { LANGUAGES } from '@zephyr/contract/language';
import { storeText } from '@zephyr/texts/screens';
import type { ComponentChildren } from 'preact';

import { Icon } from '../components/icon.tsx';
import { link, pageState } from '../connection/page-state.ts';
import { chooseLanguage, language, speech } from '../language/language.ts';
import { pageName } from '../navigation/navigation.ts';

const NATIVE_NAMES = { en: 'EN', zh: '中文' } as const;

/** With the page's own controls at the top. */
export function Header({ children }: { readonly children: ComponentChildren }) {
  const { say } = speech.value;
  return (
    <header class="top">
      {pageName.value === 'overview' && (
        <a class="skip" href="#endpoints">
          {say('app.skip')}
        </a>
      )}
      <h1>
        <Icon name="wind" /> {say('app.title')}
      </h1>
      <LinkPill />
      <fieldset class="segmented small">
        <legend class="unseen">{say('app.language')}</legend>
        {LANGUAGES.map((each) => (
          <button
            key={each}
            type="button"
            lang={each}
            aria-pressed={language.value === each}
            onClick={() => chooseLanguage(each)}
          >
            {NATIVE_NAMES[each]}
          </button>
        ))}
      </fieldset>
      {children}
    </header>
  );
}

function LinkPill() {
  const { say, numbers } = speech.value;
  const now = link.value;
  const store = pageState.value?.store;
  const [tone, text] = ((): [string, string] => {
    switch (now.status) {
      case 'live':
        return store === undefined || store.status === 'connected'
          ? ['good', say('link.live')]
          : ['warn', storeText(store, now.lastAtMs, speech.value)];
      case 'stale':
        return ['bad', say('link.stale', { time: numbers.time(now.lastAtMs, now.lastAtMs) })];
      case 'failed':
        return ['bad', say('link.failed')];
      case 'login':
        return ['quiet', say('login.title')];
      case 'connecting':
        return ['quiet', say('link.connecting')];
    }
  })();
  return (
    <p class={`pill ${tone}`} role="status" data-link={now.status}>
      <span class="dot" aria-hidden="true" />
      {text}
    </p>
  );
}
