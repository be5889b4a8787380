import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their TypeScript sources, so tests need no build.
// Setting conditions drops Vite's defaults for a server, so they are named again.
const conditions = ['@hourglass/source', 'module', 'node', 'development|production']

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/*/src/**/*.test.ts', '{apps,tooling}/*/src/**/*.test.ts'],
          // One module graph per worker, not per file: 25 times faster at 120 files.
          isolate: false,
          // Properties of ten thousand runs share the processors with the rest of the checks.
          testTimeout: 120_000,
        },
      },
      {
        // Real processes, real chains, the npm peers: slower, and each file by itself.
        extends: true,
        test: {
          name: 'system',
          include: ['packages/*/*/test/**/*.test.ts', '{apps,tooling}/*/test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Processes of a busy machine stall. Where the outcome of a crash is at stake, tests say `retry: 0`: a
          // loss that happens in one of ten runs is a loss.
          retry: 1,
          maxWorkers: 2,
          // After the unit tests, so that the two do not wait for one another's processors.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
