/** The texts that the page of history and the reasons of a decision need besides those of every screen. */
import { history as enHistory } from './en/history.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { history as zhHistory } from './zh/history.ts';

export type HistoryEnglish = ScreenEnglish & typeof enHistory;
type TriggerKey = Extract<keyof HistoryEnglish, `trigger.${string}`>;

export const historyCatalogue = {
  en: { ...screenCatalogue.en, ...enHistory },
  zh: { ...screenCatalogue.zh, ...zhHistory },
} satisfies Record<Language, Texts<HistoryEnglish>>;

export type HistoryTranslate = FillIn<HistoryEnglish>;

/** These texts in one language, with their placeholders filled. */
export function historyTranslator(language: Language): HistoryTranslate {
  return translatorOf(historyCatalogue, language);
}

/** What a decision was made after; a newer controller may have events that have no word yet. */
export function triggerText(trigger: string, say: HistoryTranslate): string {
  const key = `trigger.${trigger}`;
  return isTriggerKey(key) ? say(key) : trigger;
}

function isTriggerKey(key: string): key is TriggerKey {
  return Object.hasOwn(enHistory, key);
}
