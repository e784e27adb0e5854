/** Takes the pictures of the documentation: node web/browser/pictures.mjs (the apps must be built). */

import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const { module } = await runnerImport(fileURLToPath(new URL('src/pictures.ts', import.meta.url)))
await module.pictures(fileURLToPath(new URL('../../docs/pictures/', import.meta.url)))
