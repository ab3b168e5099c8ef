import { speech } from '../language/language.ts';
import { pageName } from '../navigation/navigation.ts';
import { hashOf, type PageName } from '../navigation/page-address.ts';

/** In display order; each with its most useful default. */
const ADDRESSES: Readonly<Record<PageName, string>> = {
  overview: hashOf({ kind: 'overview' }),
  history: hashOf({ kind: 'history', range: '24h' }),
  usage: hashOf({ kind: 'usage', days: 7 }),
  requests: hashOf({ kind: 'requests', filter: {} }),
  settings: hashOf({ kind: 'settings' }),
};

export function Nav() {
  const { say } = speech.value;
  return (
    <nav class="pages" aria-label={say('nav.label')}>
      {(Object.keys(ADDRESSES) as PageName[]).map((page) => (
        <a
          key={page}
          href={ADDRESSES[page]}
          aria-current={pageName.value === page ? 'page' : undefined}
        >
          {say(`nav.${page}`)}
        </a>
      ))}
    </nav>
  );
}
