/** Helpers for deployment tests: what kubectl and Helm render, and the Kubernetes schemas. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** The output of a command that must succeed, in the repository's folder. */
export const run = (command: string, ...args: string[]) => {
  // Without the settings of the user who runs the tests.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
};

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type KubernetesObject = z.infer<typeof objectSchema>;

/** The documents of a YAML text, without empty ones. */
export const objectsOf = (text: string): readonly KubernetesObject[] =>
  parseAllDocuments(text)
    .map((one): unknown => one.toJS())
    .filter((one) => one !== null)
    .map((one) => objectSchema.parse(one));

/** @throws Error with the path of a missing or mistyped value */
export async function validate(object: KubernetesObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const module = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Readonly<
    Record<string, new (object: object) => { validate(): void }>
  >;
  const Model = module[kind];
  if (Model === undefined) throw new Error(`no schema for ${apiVersion} ${kind}`);
  try {
    new Model(object).validate();
  } catch (cause) {
    throw new Error(`${kind} ${metadata.name}: ${String(cause)}`, { cause });
  }
}
