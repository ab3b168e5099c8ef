/** The built web pages: the location of their files, and the headers that restrict browsers. */
import { fileURLToPath } from 'node:url';

/** Empty in a checkout without a build. */
export const PAGES = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url));

/** No page has an inline script or style, or loads anything from elsewhere. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;
