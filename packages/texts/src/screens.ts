/** The browser's entry point: what screens need, nothing of the command line. */
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';

export { languageOf, languageOfBrowser } from './fill-in.ts';
export { helpKeys, helpWords } from './help.ts';
export { type LogFacts, logLines, logText } from './log-lines.ts';
export { type NotifyAbout, notifyAboutDecision, notifyAboutNotice } from './notify-event.ts';
export { LOCALES, type Numbers, numbersOf } from './numbers-and-durations.ts';
export {
  failingText,
  failureOf,
  type OverallStatus,
  overallOf,
  overallText,
  troublesOf,
  troubleText,
} from './overall.ts';
export { lastProbeText, nextProbeText, soonestProbeText } from './probe-times.ts';
export { type ScorePart, scoreParts } from './score-parts.ts';
export type { Language } from './screen-catalogue.ts';
export {
  decisionText,
  headlineOf,
  healthText,
  nextOf,
  type Role,
  roleOf,
  roleText,
  servingOf,
  storeText,
  whyOf,
} from './sentences.ts';
export { nameOf, type Situation, type Speech } from './situation.ts';

export type ScreenTranslate = FillIn<ScreenEnglish>;

/** The texts of the screens in one language, with their placeholders filled in. */
export function screenTranslator(language: Language): ScreenTranslate {
  return translatorOf(screenCatalogue, language);
}
