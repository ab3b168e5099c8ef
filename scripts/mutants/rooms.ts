/** What is mutated in each room, and the tests that must notice. Paths from the repository's root. */
import { globSync } from 'node:fs';

import { EXCLUDED } from './excluded.ts';

export interface Room {
  readonly name: string;
  /** Without tests and what `EXCLUDED` lists. */
  readonly sources: readonly string[];
  readonly tests: readonly string[];
  /** Their tests are simulations that take minutes: rules need their own unit tests too. */
  readonly without?: readonly string[];
  /** Files in `packages/runtime/src/redis/scripts`; their tests need Redis. */
  readonly scripts?: readonly string[];
}

const CORE = 'packages/core/src';
const PROXY = 'services/proxy/src';

const coreRoom = (name: string): Room => ({
  name,
  sources: [`${CORE}/${name}/**/*.ts`],
  tests: [`${CORE}/${name}/**/*.test.ts`],
  without: [
    `${CORE}/learn/live-excess.scenarios.test.ts`,
    `${CORE}/decide/reduce.properties.test.ts`,
  ],
});

const CONTROLLER = 'services/controller/src';

const RUNTIME = 'packages/runtime/src/redis';

export const ROOMS: readonly Room[] = [
  ...['probe', 'request', 'answer', 'learn', 'route', 'replay', 'usage', 'decide'].map(coreRoom),
  {
    name: 'shared',
    sources: [`${CORE}/*.ts`],
    tests: [`${CORE}/*.test.ts`, `${CORE}/request/*.test.ts`],
  },
  {
    name: 'lua',
    sources: [],
    tests: [
      `${RUNTIME}/*-scripts.integration.test.ts`,
      `${RUNTIME}/*store.integration.test.ts`,
      `${RUNTIME}/probe-usage.integration.test.ts`,
      'services/controller/src/leader/commit.integration.test.ts',
    ],
    scripts: [`${RUNTIME}/scripts/*.lua`],
  },
  {
    name: 'proxy',
    sources: [`${PROXY}/**/*.ts`, 'packages/runtime/src/{bursts,config/derived/client-access}.ts'],
    tests: [
      `${PROXY}/**/*.test.ts`,
      'packages/runtime/src/{bursts,config/derived/client-access}.test.ts',
    ],
  },
  {
    name: 'controller',
    sources: [`${CONTROLLER}/{leader,view}/*.ts`],
    tests: [`${CONTROLLER}/{leader,view}/*.test.ts`],
  },
];

/** @param root of the repository */
export function sourcesOf({ sources }: Pick<Room, 'sources'>, root: string): readonly string[] {
  return globSync([...sources], { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('/test-support/') && !EXCLUDED.has(file),
  );
}

export function scriptsOf(
  { scripts = [] }: Pick<Room, 'scripts'>,
  root: string,
): readonly string[] {
  return globSync([...scripts], { cwd: root });
}
