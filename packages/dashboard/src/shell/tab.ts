import { effect } from '@preact/signals';
import type { Situation } from '@zephyr/texts/screens';

import { isStale } from '../connection/page-state.ts';
import { speech } from '../language/language.ts';
import { type TabLook, tabLookOf } from './tab-look.ts';

/** Listed one by one, because the build scans for file names. */
const ICONS: Readonly<Record<TabLook['icon'], string>> = {
  good: new URL('./icon.svg', import.meta.url).href,
  degraded: new URL('./icon-degraded.svg', import.meta.url).href,
  bad: new URL('./icon-bad.svg', import.meta.url).href,
};

/** Keeps the title and the icon up to date. @param read called in an effect, so it may read signals */
export function followTab(
  read: () => { readonly situation: Situation | null; readonly pageTitle: string | null },
): void {
  effect(() => {
    const { icon, title } = tabLookOf({ ...read(), isStale: isStale.value }, speech.value.say);
    document.title = title;
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link !== null && link.href !== ICONS[icon]) link.href = ICONS[icon];
  });
}
