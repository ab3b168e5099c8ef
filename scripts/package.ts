/**
 * Builds `claude-zephyr-<version>.tgz`, the npm package: the folders of this repository that `zephyr` needs
 * at run time, as JavaScript, because Node strips no types inside node_modules. Each module keeps its own
 * file and path, so files located relative to a module (Redis scripts, the pages, the examples) are found in
 * the package as well.
 *
 *     node scripts/package.ts [folder]     where the file goes; the repository without it
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { rolldown } from 'rolldown';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = 'packages/cli/bin/zephyr';
/** Read at run time by path. */
const FILES = [
  'packages/runtime/src/redis/scripts/*.lua',
  'packages/dashboard/dist/*.html',
  'packages/dashboard/dist/assets/*',
  '{config.toml,.env}.example*',
  'LICENSE',
  'README*.md',
];

const workspaceSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
/** What the package takes from the repository's manifest. */
const repositorySchema = z.object({
  version: z.string(),
  description: z.string(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
});

/** @returns the modules' paths in the package */
async function writeModules(folder: string): Promise<readonly string[]> {
  const bundle = await rolldown({
    cwd: ROOT,
    input: 'packages/cli/src/main.ts',
    platform: 'node',
    // Packages are dependencies; those of the workspaces belong to this one.
    external: /^(?!@zephyr\/|[./])/,
  });
  const { output } = await bundle.write({
    dir: folder,
    preserveModules: true,
    preserveModulesRoot: ROOT,
    entryFileNames: '[name].mjs',
  });
  await bundle.close();
  return output.map(({ fileName }) => fileName);
}

function copyFiles(folder: string): void {
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(ROOT, from), join(folder, to));
  };
  for (const file of globSync(FILES, { cwd: ROOT })) copy(file, file);
  copy('packages/cli/npm/zephyr', PROGRAM);
}

/** The dependencies of the workspaces with modules in the package. */
function dependenciesOf(modules: readonly string[]): Readonly<Record<string, string>> {
  const workspaces = new Set(modules.map((file) => file.split('/').slice(0, 2).join('/')));
  const all = [...workspaces].flatMap((workspace) =>
    Object.entries(workspaceSchema.parse(readManifest(workspace)).dependencies),
  );
  const foreign = all.filter(([name]) => !name.startsWith('@zephyr/'));
  return Object.fromEntries(foreign.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function readManifest(workspace: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));
}

function writeManifest(folder: string, modules: readonly string[]): void {
  const manifest = {
    name: 'claude-zephyr',
    ...repositorySchema.parse(readManifest('.')),
    os: ['linux', 'darwin'],
    bin: { zephyr: PROGRAM, 'claude-zephyr': PROGRAM },
    files: ['packages', 'services', '*.example*', '.env.example*'],
    dependencies: dependenciesOf(modules),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

const target = resolve(process.argv[2] ?? ROOT);
execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'zephyr-package-'));
try {
  const modules = await writeModules(folder);
  copyFiles(folder);
  writeManifest(folder, modules);
  const pack = ['pack', folder, '--pack-destination', target, '--loglevel=error'];
  console.log(join(target, execFileSync('npm', pack, { encoding: 'utf8' }).trim()));
} finally {
  rmSync(folder, { recursive: true });
}
