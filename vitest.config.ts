import { defineConfig } from 'vitest/config';

const everywhere = ['packages/**', 'services/**', 'scripts/**', 'bench/**', 'grafana/**'];

export default defineConfig({
  test: {
    reporters: ['default', './tests/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere.map((folder) => `${folder}/*.test.ts`),
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'integration',
          include: everywhere.map((folder) => `${folder}/*.integration.test.ts`),
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // Builds and runs containers for minutes: `make e2e-compose`, not `npm test`.
        test: { name: 'compose', include: ['tests/compose/**/*.test.ts'], fileParallelism: false },
      },
    ],
  },
});
