/** The walls as a list: where, how much, since when, how often touched, how much of it was pulled. */

import { plain } from '@havklo/kraken-wasm'

import { short } from './readout.js'
import type { Parts } from './view.js'
import type { Wall } from './walls.js'

export function WallList({ actions }: Parts) {
  const { walls, hover } = actions.passing
  const decimals = actions.view.book.frame?.decimals ?? { price: 0, qty: 0 }
  return (
    <div class="wall-list mono">
      <table>
        <thead>
          <tr>
            <th>price</th>
            <th>size</th>
            <th>age</th>
            <th>touched</th>
            <th>pulled</th>
          </tr>
        </thead>
        <tbody>
          {walls.value.map((wall) => (
            <tr
              key={`${wall.side}${wall.price}`}
              data-hover={hover.value === wall.price ? '1' : '0'}
              onMouseEnter={() => void (hover.value = wall.price)}
            >
              <td>
                <button data-side={wall.side} onClick={() => void (actions.passing.centre.value = wall.price)}>
                  {plain(wall.price, decimals.price)}
                </button>
              </td>
              <td>{short(plain(wall.qty, decimals.qty))}</td>
              <td>{age(wall)}</td>
              <td>{wall.touched}×</td>
              <td>{wall.pulled} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function age({ ageMs, isOlder }: Wall): string {
  const seconds = Math.round(ageMs / 1000)
  const text = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return isOlder ? `> ${text}` : text
}
