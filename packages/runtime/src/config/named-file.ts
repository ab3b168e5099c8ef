import { readFileSync } from 'node:fs';

/**
 * Reads a file that the configuration names: a key, or a secret of Docker or Kubernetes. Who
 * watches the configuration passes one that notes the path.
 *
 * @throws Error of Node where it cannot be read
 */
export type ReadNamedFile = (path: string) => string;

export const readNamedFile: ReadNamedFile = (path) => readFileSync(path, 'utf8');
