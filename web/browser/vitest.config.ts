import { defineConfig } from 'vitest/config'

// One browser at a time: what is measured here is time. What a busy machine has made fail is tried once more.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000, retry: 1 },
})
