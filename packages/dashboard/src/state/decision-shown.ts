import { signal } from '@preact/signals';
import type { ApiState } from '@zephyr/contract/api/api-state';

export type ShownDecision = NonNullable<ApiState['lastSwitch']>;

/** The decision whose reasons are displayed. */
export const decisionShown = signal<ShownDecision | null>(null);
