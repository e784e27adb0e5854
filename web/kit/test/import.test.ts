import { expect, it } from 'vitest'

it('is imported without a window', async () => {
  expect('document' in globalThis || 'window' in globalThis || 'HTMLElement' in globalThis).toBe(false)
  const kit = await import('../src/index.js')
  const made = [kit.Ladder, kit.Heatmap, kit.Tape, kit.Sparkline, kit.MiniDepth, kit.Timeline, kit.Header, kit.Footer]
  for (const Widget of [...made, kit.Inspector, kit.Palette, kit.Mirror]) expect(new Widget().hit(0, 0)).toBeNull()
})
