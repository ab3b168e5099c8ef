import manifest from '../package.json' with { type: 'json' };

/** Of this program, as in its package.json; all services of a deployment have the same. */
export const VERSION: string = manifest.version;
