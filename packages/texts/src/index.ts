export { catalogue, LANGUAGES, type Language, type TextKey } from './catalogue.ts';
export { LOCALES, type Numbers, numbersOf } from './numbers.ts';
export { languageOf, type Translate, translator } from './translate.ts';
