import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Reporter, TestModule } from 'vitest/node';

const SETUP_TESTS = join(import.meta.dirname, '../scripts/setup-tests.sh');

/**
 * Ends a run with the reasons why tests were skipped and one plain line, "N passed, N failed, N
 * skipped", for people and for CI.
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

/** All missing programs, whichever of them a skipped test needed. */
function whySkipped(): readonly string[] {
  const packages = spawnSync(SETUP_TESTS, ['list'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const others = [
    { name: 'docker compose', isThere: ['docker', 'compose', 'version'] },
    { name: 'kubectl', isThere: ['kubectl', 'version', '--client'] },
  ]
    .filter(({ isThere: [program = '', ...args] }) => spawnSync(program, args).status !== 0)
    .map(({ name }) => name);
  return [
    ...(packages === ''
      ? []
      : [
          `skipped because these are missing: ${packages} (\`make setup-tests\` installs them on Debian, as root)`,
        ]),
    ...(others.length === 0 ? [] : [`skipped because these are missing: ${others.join(', ')}`]),
  ];
}
