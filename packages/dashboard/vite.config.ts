import { defineConfig } from 'vite';

/** Static files only; the controller serves `dist` under a strict Content-Security-Policy. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // Data URLs and inlined scripts would need holes in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
