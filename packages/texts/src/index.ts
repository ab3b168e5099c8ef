export { catalogue, type TextKey } from './catalogue.ts';
export * from './screens.ts';
export { type Translate, translator } from './translate.ts';
