/**
 * Loads the terminal dashboard. Ink and React take half a second to load, so only commands that show
 * it pay for that. React decides at load time whether to run in development mode, which doubles the
 * work per frame.
 */
export async function loadDashboard(): Promise<typeof import('./run.ts')> {
  process.env['NODE_ENV'] ??= 'production';
  return await import('./run.ts');
}
