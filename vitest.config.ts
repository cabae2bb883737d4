import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/project/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'web/**/*.test.ts'],
          // They compute: a worker for each processor.
          maxWorkers: '100%',
          globalSetup: ['./test/support/store/store-setup.ts'],
          // Property tests take seconds where other work keeps the processors busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/chaos/simulation*.test.ts'],
          // They mostly wait for processes, sockets and the disk, so that two cores do for more than two of them.
          maxWorkers: 5,
          globalSetup: ['./test/support/store/store-setup.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Each of the files that run at a time has real engines and a real registry for itself. They
        // mostly wait for a rollout, so that two cores do for more than two of them.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          exclude: ['test/chaos/simulation*.test.ts'],
          globalSetup: ['./test/support/stage/sandbox-setup.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
