/** When people are warned of a budget. Imports nothing, so that the core and the texts may load it. */

/** The share of the budget of a person or team from which it is nearly spent. */
export const NEARLY_SPENT_SHARE = 0.8;
