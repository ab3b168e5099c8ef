import manifest from '../package.json' with { type: 'json' };

/** Version in package.json; all services of a deployment share it. */
export const VERSION: string = manifest.version;
