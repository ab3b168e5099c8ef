export { catalogue, type TextKey } from './catalogue.ts';
export { templatesOf } from './error-templates.ts';
export { type NotificationFacts, notificationText } from './notification.ts';
export * from './screens.ts';
export { surveyFacts, surveyVerdict } from './survey.ts';
export { type Translate, translator } from './translate.ts';
export { usageName } from './usage-names.ts';
