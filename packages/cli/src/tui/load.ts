/**
 * Loads the terminal dashboard. Ink and React take half a second, so only who shows it does this;
 * and React looks once, when it is loaded, whether to run with all checks for its developers, which
 * doubles its work for each picture.
 */
export async function loadDashboard(): Promise<typeof import('./run.ts')> {
  process.env['NODE_ENV'] ??= 'production';
  return await import('./run.ts');
}
