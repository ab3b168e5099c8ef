/** Additional texts of the history page and of decision reasons. */
import { decisionDetails as enDecisionDetails } from './en/decision-details.ts';
import { historyPage as enHistoryPage } from './en/history-page.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { decisionDetails as zhDecisionDetails } from './zh/decision-details.ts';
import { historyPage as zhHistoryPage } from './zh/history-page.ts';

export type HistoryEnglish = ScreenEnglish & typeof enDecisionDetails & typeof enHistoryPage;
type TriggerKey = Extract<keyof HistoryEnglish, `trigger.${string}`>;

export const historyCatalogue = {
  en: { ...screenCatalogue.en, ...enDecisionDetails, ...enHistoryPage },
  zh: { ...screenCatalogue.zh, ...zhDecisionDetails, ...zhHistoryPage },
} satisfies Record<Language, Texts<HistoryEnglish>>;

export type HistoryTranslate = FillIn<HistoryEnglish>;

/** These texts in one language, with their placeholders filled in. */
export function historyTranslator(language: Language): HistoryTranslate {
  return translatorOf(historyCatalogue, language);
}

/** What triggered a decision; a newer controller may have events without a text. */
export function triggerText(trigger: string, say: HistoryTranslate): string {
  const key = `trigger.${trigger}`;
  return isTriggerKey(key) ? say(key) : trigger;
}

function isTriggerKey(key: string): key is TriggerKey {
  return Object.hasOwn(enDecisionDetails, key);
}
