import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Reporter, TestModule } from 'vitest/node';

const SETUP_TESTS = join(import.meta.dirname, '../scripts/setup-tests.sh');
const PYTHON = join(import.meta.dirname, '../.cache/test-clients/bin/python');

/**
 * Prints at the end why tests were skipped, and one plain line, "N passed, N failed, N skipped", for people
 * and for CI.
 */
export default class PlainLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed' || state === 'failed') count[state] += 1;
        else count.skipped += 1;
      }
    }
    if (count.skipped > 0) for (const line of whySkipped()) console.log(line);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

/** What a skipped test may have needed beyond the packages of `make setup-tests`. */
const NEEDED: readonly { name: string; test: readonly string[]; how: string }[] = [
  {
    name: 'Docker with Compose',
    test: ['docker', 'compose', 'version'],
    how: 'https://docs.docker.com/engine/install',
  },
  {
    name: 'kubectl',
    test: ['kubectl', 'version', '--client'],
    how: 'https://kubernetes.io/docs/tasks/tools',
  },
  { name: 'helm', test: ['helm', 'version'], how: 'https://helm.sh/docs/intro/install' },
  { name: 'systemd-analyze', test: ['systemd-analyze', '--version'], how: 'a host with systemd' },
  { name: 'python3', test: ['python3', '--version'], how: 'apt-get install python3' },
  {
    name: 'the Python SDK and LangChain',
    test: [PYTHON, '-c', 'import anthropic, langchain_anthropic'],
    how: 'make setup-tests (needs python3-venv)',
  },
  {
    name: 'root with setpriv, for probes under users of their own',
    test: ['setpriv', '--reuid=64100', process.execPath, '--version'],
    how: 'run the tests as root on Linux, in a folder that others can read',
  },
];

/** Everything that is missing, whether or not a skipped test needed it, and how to install it. */
function whySkipped(): readonly string[] {
  const packages = spawnSync(SETUP_TESTS, ['list'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const reasons = [
    ...(packages === '' ? [] : [`  ${packages}: make setup-tests (Debian, as root)`]),
    ...NEEDED.filter(
      ({ test: [program = '', ...args] }) => spawnSync(program, args).status !== 0,
    ).map(({ name, how }) => `  ${name}: ${how}`),
  ];
  return reasons.length === 0
    ? []
    : ['', 'tests were skipped because these are missing:', ...reasons];
}
