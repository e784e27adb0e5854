import { defineConfig } from 'vitest/config'

// Node 20 has a WebSocket, but shows it only when told so; later versions take the option, too.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, execArgv: ['--experimental-websocket'] },
})
