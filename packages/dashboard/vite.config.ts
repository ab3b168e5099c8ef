import { defineConfig } from 'vite';

/**
 * Two pages of static files: the dashboard, which the controller serves, and the status page, which
 * every proxy serves, both under a strict Content-Security-Policy.
 */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Relative: behind a reverse proxy the pages may be under a path.
  base: './',
  build: {
    target: 'es2023',
    // Data URLs and inlined scripts would need holes in the policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index.html', 'status.html'] },
    modulePreload: false,
  },
});
