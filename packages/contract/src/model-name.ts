/** Bounds of a model's name, which comes from outside. Imports nothing, so that the core may load it. */

/** Real ids have up to about 60 characters. */
export const MAX_MODEL_CHARACTERS = 100;
