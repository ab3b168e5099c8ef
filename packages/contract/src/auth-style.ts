/** How a token is sent: `bearer` is `Authorization: Bearer …`. */
export const AUTH_STYLES = ['bearer', 'x-api-key', 'both'] as const;
export type AuthStyle = (typeof AUTH_STYLES)[number];
