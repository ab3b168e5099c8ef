/** The token of the admin API. Imports nothing, so that the browser may load it. */

/** The variable that holds it, unless `controller.token_env` names another. */
export const ADMIN_TOKEN_VARIABLE = 'ZEPHYR_ADMIN_TOKEN';
/** 64 bits in hexadecimal; anything shorter can be guessed over a network. */
export const MIN_ADMIN_TOKEN_CHARACTERS = 16;
