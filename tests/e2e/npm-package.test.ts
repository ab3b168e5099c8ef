/**
 * The npm package: built like `make package`, installed by hand with only its declared dependencies, so that
 * no registry is contacted, and run from outside the repository.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { testedCliVersion } from '@zephyr/probes/claude-cli/cli-version';
import { VERSION } from '@zephyr/runtime/version';
import { eventually } from '@zephyr/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zephyr-npm-')));
const modules = join(folder, 'lib/node_modules');
const installed = join(modules, 'claude-zephyr');
const zephyr = join(folder, 'bin/zephyr');
const readManifest = () =>
  JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
const environment = {
  PATH: `${join(folder, 'node')}:${process.env['PATH']}`,
  HOME: folder,
  TMPDIR: tmpdir(),
  LANG: 'C',
};
const runInstalled = async (args: readonly string[]) =>
  await run(zephyr, args, { cwd: folder, env: environment }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  );

/** Where npm installed this version: at the root, or in the workspace that needs another one. */
function folderOf(name: string, version: string): string {
  const found = globSync(`{.,{packages,services}/*}/node_modules/${name}/package.json`, {
    cwd: ROOT,
  }).find((file) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { version: string };
    return manifest.version === version;
  });
  if (found === undefined) throw new Error(`${name} ${version} is not installed`);
  return dirname(join(ROOT, found));
}

beforeAll(async () => {
  await run(process.execPath, ['scripts/package.ts', folder], { cwd: ROOT });
  for (const name of [modules, join(folder, 'bin'), join(folder, 'node')])
    mkdirSync(name, { recursive: true });
  const [file = ''] = globSync('claude-zephyr-*.tgz', { cwd: folder });
  await run('tar', ['-xzf', join(folder, file), '-C', modules]);
  await run('mv', [join(modules, 'package'), installed]);
  const { bin, dependencies } = readManifest();
  for (const [name, version] of Object.entries(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(folderOf(name, version), join(modules, name));
  }
  symlinkSync(join(installed, bin['zephyr'] ?? ''), zephyr);
  symlinkSync(process.execPath, join(folder, 'node/node'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is in the package', () => {
  it('is only what is needed to run: no sources, tests or source maps', () => {
    const files = globSync('**/*', { cwd: installed });
    const kinds = new Set(
      files.map(
        (file) => /\.(?:test|ts|tsx|map|env|key|log)$|\.test\.|test-support/.exec(file)?.[0],
      ),
    );
    expect([...kinds]).toEqual([undefined]);
    for (const file of ['LICENSE', 'README.md', 'config.toml.example', '.env.example'])
      expect(globSync(file, { cwd: installed })).toEqual([file]);
  });

  it('contains no paths of the machine that built it', () => {
    const texts = globSync('**/*.{mjs,js,html,json}', { cwd: installed });
    const naming = texts.filter((file) =>
      readFileSync(join(installed, file), 'utf8').includes(ROOT),
    );
    expect(texts.length).toBeGreaterThan(100);
    expect(naming).toEqual([]);
  });

  it('has all scripts for Redis', () => {
    const scripts = 'packages/runtime/src/redis/scripts/*.lua';
    expect(globSync(scripts, { cwd: installed }).toSorted()).toEqual(
      globSync(scripts, { cwd: ROOT }).toSorted(),
    );
  });

  it('declares exactly one version of each dependency, and the Claude CLI that was tested', () => {
    const { dependencies } = readManifest();
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(dependencies['@anthropic-ai/claude-code']).toBe(testedCliVersion());
  });
});

describe('the command of the package', () => {
  it('prints its version', async () => {
    expect(await runInstalled(['--version'])).toEqual({ code: 0, text: `${VERSION}\n` });
  });

  it('names its included examples if there is no configuration', async () => {
    const { code, text } = await runInstalled(['config', 'check']);
    expect(text).toContain(`cp ${join(installed, 'config.toml.example')} config.toml`);
    expect(code).toBe(2);
  });

  it('accepts the example once a token is set', async () => {
    const tokens = join(folder, 'tokens');
    const example = readFileSync(join(installed, '.env.example'), 'utf8');
    const files = ['--config', join(installed, 'config.toml.example'), '--env-file', tokens];
    writeFileSync(tokens, example, { mode: 0o600 });
    expect(await runInstalled(['config', 'check', ...files])).toMatchObject({
      code: 2,
      text: expect.stringContaining('has 1 problem'),
    });
    writeFileSync(tokens, example.replace('sk-your-token-here', 'sk-0123456789abcdef'));
    const { code, text } = await runInstalled(['config', 'check', ...files]);
    expect(text).not.toContain('problem');
    expect(code).toBe(0);
  });

  it('explains what to do with an older Node', () => {
    const program = readFileSync(zephyr, 'utf8').replace(/^#!.*/, '');
    const said: string[] = [];
    const old = {
      versions: { node: '20.20.2' },
      execPath: '/usr/bin/node',
      exit: (code: number) => {
        throw new Error(`exit ${code}`);
      },
    };
    const start = new Function('process', 'console', 'require', '__dirname', program);
    const console = { error: (text: string) => said.push(text) };
    const require = createRequire(import.meta.url);
    expect(() => start(old, console, require, folder)).toThrow('exit 2');
    expect(said.join()).toMatch(/needs Node 24 or newer; this is Node 20\.20\.2/);
  });

  it('runs the demo: an answer, both pages, a graceful stop', async () => {
    const child = spawn(zephyr, ['demo', '--port', '0'], { cwd: folder, env: environment });
    const exit = once(child, 'exit');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    try {
      const [url, dashboard] = await eventually(() => {
        const found = [
          /Zephyr serves at (\S+)/.exec(output)?.[1],
          /status, (http:\S+)$/m.exec(output)?.[1],
        ];
        if (found.includes(undefined)) throw new Error(`the demo does not serve:\n${output}`);
        return found;
      }, 200);
      for (const page of [`${url}/status`, `${dashboard}/`]) {
        const html = await (await fetch(page, { headers: { accept: 'text/html' } })).text();
        const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
        const { status } = await fetch(new URL(script, page));
        expect(status).toBe(200);
      }
      const answer = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo' },
        body: JSON.stringify({
          model: 'claude-sonnet-4-5',
          max_tokens: 64,
          messages: [{ role: 'user', content: 'hello' }],
        }),
      });
      expect(await answer.json()).toMatchObject({ type: 'message', role: 'assistant' });
      expect(answer.status).toBe(200);
      // The printed next steps work as printed: this program is not in PATH.
      const kill = await eventually(() => {
        const [, found] = /^ +(.* demo kill Tokyo.*)$/m.exec(output) ?? [];
        return found ?? expect.unreachable();
      });
      const killed = await run('sh', ['-c', kill], { cwd: folder, env: environment });
      expect(killed.stdout).toBe('Tokyo is stopped\n');
      const [, cli = ''] = /ANTHROPIC_AUTH_TOKEN=demo (\S+) -p hello/.exec(output) ?? [];
      expect(existsSync(cli), cli).toBe(true);
      // A probe has found the Claude CLI among the package's own dependencies, and passed.
      await eventually(async () => {
        const { endpoints } = (await (
          await fetch(`${url}/status`, { headers: { accept: 'application/json' } })
        ).json()) as { endpoints: readonly { health: string }[] };
        expect(endpoints.map(({ health }) => health)).toContain('healthy');
      }, 200);
    } finally {
      child.kill('SIGTERM');
      await exit;
    }
    expect(child.exitCode).toBe(0);
  });
});
