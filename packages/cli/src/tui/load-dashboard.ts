import type { Environment } from '@zephyr/runtime/environment';

/** Whether there is a screen to draw on: a terminal that can move its cursor. */
export function hasScreen({ TERM }: Environment): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && TERM !== 'dumb';
}

/**
 * Loads the terminal dashboard. Ink and React take half a second to load, so only commands that show it pay
 * for that. React decides at load time whether to run in development mode, which doubles the work per frame.
 * Ink's colour library also decides then, and ignores NO_COLOR.
 */
export async function loadDashboard(): Promise<typeof import('./run-dashboard.ts')> {
  process.env['NODE_ENV'] ??= 'production';
  const { NO_COLOR = '' } = process.env;
  if (NO_COLOR !== '') process.env['FORCE_COLOR'] ??= '0';
  return await import('./run-dashboard.ts');
}
