/** What is mutated in each room, and the tests that must notice. Paths from the repository's root. */
export interface Room {
  readonly name: string;
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
    sources: [
      `${CORE}/{failure-table,json-key-reader,json-string,model-family,own-property,parsed-json}.ts`,
    ],
    tests: [`${CORE}/*.test.ts`, `${CORE}/request/*.test.ts`],
  },
  {
    name: 'lua',
    sources: [],
    tests: [
      `${RUNTIME}/leader-scripts.integration.test.ts`,
      `${RUNTIME}/store.integration.test.ts`,
      'services/controller/src/leader/commit.integration.test.ts',
    ],
    scripts: ['acquire-lease', 'renew-lease', 'release-lease', 'commit'].map(
      (name) => `${RUNTIME}/scripts/${name}.lua`,
    ),
  },
  {
    name: 'proxy',
    sources: [
      `${PROXY}/drain.ts`,
      `${PROXY}/server/{request-target,active-limits,active-request-list,client-keys}.ts`,
      `${PROXY}/exchange/{counted-retries,failed-attempts,first-byte-timeout,model-list-timeout,buffered-bodies,connection-failure,body-edit}.ts`,
      `${PROXY}/exchange/{attempt,request-body}.ts`,
      `${PROXY}/answer/{usage-at-start,answer-listeners,retry-advice,relay,pass-refusal,response-headers,zephyr-errors}.ts`,
      'packages/runtime/src/bursts.ts',
      'packages/runtime/src/config/derived/client-access.ts',
      `${PROXY}/routing/compare-snapshots.ts`,
      `${PROXY}/report/{session-pseudonym,recent-answers,request-stats}.ts`,
      `${PROXY}/usage/unwritten-usage.ts`,
      `${PROXY}/upstream/{connection-reuse,dns-cache,deadline,request-headers}.ts`,
    ],
    tests: [
      `${PROXY}/drain.test.ts`,
      `${PROXY}/{server,exchange,answer,routing,report,upstream}/*.test.ts`,
      `${PROXY}/usage/unwritten-usage.test.ts`,
      'packages/runtime/src/bursts.test.ts',
      'packages/runtime/src/config/derived/client-access.test.ts',
    ],
  },
  {
    name: 'controller',
    sources: [
      `${CONTROLLER}/leader/{act,batch-health,decide,event-lines,follow,leader-state,loop,pace}.ts`,
      `${CONTROLLER}/leader/{recorder,redis-clock,sift-bad-records,translate-commands}.ts`,
      `${CONTROLLER}/view/{api-state,rollup,statistics}.ts`,
    ],
    tests: [`${CONTROLLER}/{leader,view}/*.test.ts`],
  },
];
