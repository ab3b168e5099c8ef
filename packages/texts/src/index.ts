export { catalogue, LANGUAGES, type Language, type TextKey } from './catalogue.ts';
export { type LogFacts, logText } from './log-lines.ts';
export { LOCALES, type Numbers, numbersOf } from './numbers.ts';
export {
  decisionText,
  headlineOf,
  nextOf,
  type Role,
  roleOf,
  roleText,
  servingOf,
  whyOf,
} from './sentences.ts';
export { nameOf, type Situation, type Speech } from './situation.ts';
export { languageOf, type Translate, translator } from './translate.ts';
