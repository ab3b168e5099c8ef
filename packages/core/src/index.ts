export * from './choose-endpoint.ts';
export * from './ejection.ts';
export * from './replay.ts';
export * from './retry-budget.ts';
export * from './types.ts';
