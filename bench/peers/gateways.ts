/**
 * Gateways from npm and PyPI, installed by name and fixed version into a temporary folder: they are not
 * dependencies of this repository.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../services/proxy/bench/contenders.ts';
import {
  familyOf,
  MODEL,
  type Peer,
  startProgram,
  stopProgram,
  TIMEOUT_SECONDS,
  TOKEN,
} from './peer.ts';

const FOLDER = join(tmpdir(), 'zephyr-bench-peers');

/** Targets in order; anything but 2xx goes to the next, as in its guide to fallbacks. */
const portkey: Peer = {
  name: 'Portkey',
  version: '1.15.2',
  async start(urls) {
    const packages = installFromNpm(`@portkey-ai/gateway@${portkey.version}`);
    const port = await freePort();
    const script = join(packages, '@portkey-ai/gateway/build/start-server.js');
    const args = [script, `--port=${port}`, '--headless'];
    const child = await startProgram({ file: process.execPath, args, port });
    const targets = urls.map((url) => ({
      ...{ provider: 'anthropic', custom_host: `${url}/v1`, api_key: TOKEN },
      request_timeout: TIMEOUT_SECONDS * 1_000,
    }));
    const [only] = targets;
    const config = targets.length === 1 ? only : { strategy: { mode: 'fallback' }, targets };
    return {
      port,
      headers: {
        'x-portkey-config': JSON.stringify(config),
        'anthropic-version': '2023-06-01',
      },
      pids: () => familyOf(child.pid),
      stop: () => stopProgram(child),
    };
  },
};

/** It sends each request to the provider of its route; version 2 has no fallback after a failure. */
const claudeCodeRouter: Peer = {
  name: 'claude-code-router',
  version: '2.0.0',
  async start(urls) {
    const packages = installFromNpm(`@musistudio/claude-code-router@${claudeCodeRouter.version}`);
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), 'zephyr-bench-router-'));
    mkdirSync(join(home, '.claude-code-router'));
    const providers = urls.map((url, index) => ({
      name: `e${index + 1}`,
      api_base_url: `${url}/v1/messages`,
      api_key: TOKEN,
      models: [MODEL],
      transformer: { use: ['Anthropic'] },
    }));
    const config = {
      ...{ PORT: port, HOST: '127.0.0.1', LOG: false, API_TIMEOUT_MS: TIMEOUT_SECONDS * 1_000 },
      ...{ Providers: providers, Router: { default: `e1,${MODEL}` } },
    };
    writeFileSync(join(home, '.claude-code-router/config.json'), JSON.stringify(config));
    const script = join(packages, '@musistudio/claude-code-router/dist/cli.js');
    const args = [script, 'start'];
    const child = await startProgram({ file: process.execPath, args, port, env: { HOME: home } });
    return {
      port,
      headers: {},
      pids: () => familyOf(child.pid),
      stop: async () => {
        await stopProgram(child);
        rmSync(home, { recursive: true, force: true });
      },
    };
  },
};

/** Two deployments of one model name, retries and cooldowns as in its router's guide. */
const litellm: Peer = {
  name: 'LiteLLM',
  version: '1.108.7',
  missing:
    spawnSync('python3', ['-m', 'venv', '--help']).status === 0 ? undefined : 'no python3-venv',
  async start(urls) {
    const environment = installFromPypi(`litellm[proxy]==${litellm.version}`);
    const port = await freePort();
    // It does not start without one.
    const masterKey = `sk-${randomBytes(32).toString('hex')}`;
    const home = mkdtempSync(join(tmpdir(), 'zephyr-bench-litellm-'));
    const deployments = urls.map(
      (url) => `  - model_name: ${MODEL}
    litellm_params:
      model: anthropic/${MODEL}
      api_base: ${url}
      api_key: ${TOKEN}
      timeout: ${TIMEOUT_SECONDS}
      stream_timeout: ${TIMEOUT_SECONDS}
`,
    );
    writeFileSync(
      join(home, 'config.yaml'),
      `model_list:
${deployments.join('')}router_settings:
  routing_strategy: simple-shuffle
  num_retries: ${urls.length}
  allowed_fails: 1
  cooldown_time: 5
`,
    );
    const args = [
      '--config',
      join(home, 'config.yaml'),
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
    ];
    const child = await startProgram({
      ...{ file: join(environment, 'bin/litellm'), args, port },
      env: {
        ...{ HOME: home, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' },
        LITELLM_MASTER_KEY: masterKey,
      },
    });
    return {
      port,
      headers: { authorization: `Bearer ${masterKey}` },
      pids: () => familyOf(child.pid),
      stop: async () => {
        await stopProgram(child);
        rmSync(home, { recursive: true, force: true });
      },
    };
  },
};

/** Programs that people use for this but that no registry offers. */
export const NOT_TO_BE_HAD: readonly (readonly [name: string, reason: string])[] = [
  ['CLIProxyAPI', 'a Go module whose versions the module proxy here does not hand out'],
  [
    'Bifrost',
    'its npm package only downloads the program from elsewhere; nor is its Go module to be had',
  ],
  [
    'one-api and new-api',
    'their web pages are built apart from the Go module, which does not build without',
  ],
  ['claude-code-hub and claude-relay-service', 'in no registry; containers with a database'],
  ['Helicone AI gateway', 'the npm package that its guide names is not in the registry'],
];

export const GATEWAYS: readonly Peer[] = [portkey, claudeCodeRouter, litellm];

/** @returns the folder of the packages */
function installFromNpm(specifier: string): string {
  return installed(`npm-${specifier}`, 'node_modules', (folder) => {
    writeFileSync(join(folder, 'package.json'), '{}');
    return spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', specifier], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status;
  });
}

/** @returns the virtual environment */
function installFromPypi(specifier: string): string {
  return installed(`pypi-${specifier}`, 'venv', (folder) => {
    const venv = spawnSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' });
    if (venv.status !== 0) return venv.status;
    const pip = join(folder, 'venv/bin/pip');
    return spawnSync(pip, ['install', '--quiet', specifier], { stdio: 'inherit' }).status;
  });
}

/**
 * Each specifier once. A virtual environment contains its own path, so it is built in place and marked when
 * complete.
 */
function installed(
  specifier: string,
  inside: string,
  install: (folder: string) => number | null,
): string {
  const folder = join(FOLDER, specifier.replaceAll(/[^\w.=-]+/g, '_'));
  const mark = join(folder, 'complete');
  if (!existsSync(mark)) {
    mkdirSync(folder, { recursive: true });
    if (install(folder) !== 0) throw new Error(`could not install ${specifier}`);
    writeFileSync(`${mark}.new`, specifier);
    renameSync(`${mark}.new`, mark);
  }
  return join(folder, inside);
}
