/** The name of an environment variable, as shells and `.env` files accept it. */
export const VARIABLE_NAME_PATTERN = '[A-Za-z_][A-Za-z0-9_]*';
export const VARIABLE_NAME = new RegExp(`^${VARIABLE_NAME_PATTERN}$`);
