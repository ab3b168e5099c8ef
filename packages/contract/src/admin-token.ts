/** The variable with the admin token, unless `controller.token_env` names another. Imports nothing. */
export const ADMIN_TOKEN_VARIABLE = 'ZEPHYR_ADMIN_TOKEN';
