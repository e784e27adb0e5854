import { expect, test } from 'vitest'

import { line, readLines } from '../src/lines.js'

const FRAME = '{"channel":"book","data":[{"symbol":"A/B","note":"a } \\" {","price":1.50}]}'

test('frames are cut out digit by digit, wherever they stand in their lines', () => {
  const told = [
    `{"rx_ns": 1785644622178672600, "frame": ${FRAME}}`,
    `{"frame": ${FRAME}, "t": 1785644622.5}`,
    `{"dir": "tx", "rx_ns": 1785644623000000000, "frame": {"method":"ping"}}`,
    '',
    `{"rx_ns": 1785644623000000000, "frame": ${JSON.stringify(FRAME)}, "more": {"x": 1}}`,
    FRAME,
  ].join('\n')
  expect(readLines(told)).toEqual([
    { ms: 1_785_644_622_178, text: FRAME },
    { ms: 1_785_644_622_500, text: FRAME },
    { ms: 1_785_644_623_000, text: FRAME },
    { ms: 1_785_644_623_000, text: FRAME },
  ])
})

test('what is written is read again, broken frames too', () => {
  for (const text of [FRAME, '{"channel":"book","da'])
    expect(readLines(line(1_785_644_622_178, text))).toEqual([{ ms: 1_785_644_622_178, text }])
})

test('a line that is none is named', () => {
  expect(() => readLines(`${FRAME}\n[1]`)).toThrow('line 2')
  expect(() => readLines('{"rx_ns": 1, "frame": {"a": [}')).toThrow('line 1')
})
