import { readFileSync } from 'node:fs';

/**
 * Reads a file that the configuration names: a key, or a secret of Docker or Kubernetes. A configuration
 * watcher passes one that records the path.
 *
 * @throws Node's Error if it cannot be read
 */
export type ReadNamedFile = (path: string) => string;

export const readNamedFile: ReadNamedFile = (path) => readFileSync(path, 'utf8');
