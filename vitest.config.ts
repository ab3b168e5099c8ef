import { defineConfig } from 'vitest/config';

// One kind after the other: the whole program is not started beside a hundred other tests.
const order = (groupOrder: number) => ({ sequence: { groupOrder } });
const everywhere = [
  'packages/**',
  'services/**',
  'scripts/**',
  'bench/**',
  'grafana/**',
  'deploy/**',
  'tests',
];

export default defineConfig({
  test: {
    reporters: ['default', './tests/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          ...order(1),
          include: everywhere.map((folder) => `${folder}/*.test.ts`),
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          // Properties and simulations, on a machine with other work too.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          ...order(2),
          include: everywhere.map((folder) => `${folder}/*.integration.test.ts`),
          exclude: ['**/node_modules/**'],
          globalSetup: ['packages/testkit/src/redis-setup.ts'],
          // Most of them wait for timers and for other processes.
          maxWorkers: 3,
          // On a busy machine most of a minute goes into starting those.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          ...order(3),
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // Builds and runs containers for minutes: `make e2e-compose`, not `npm test`.
        test: {
          name: 'compose',
          ...order(4),
          include: ['tests/compose/**/*.test.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
