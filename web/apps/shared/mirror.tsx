/** The ladder once more as a table, for who reads it aloud, or copies from it. */

import type { BookModel } from '@havklo/kit'

const ROWS = 20

export function Mirror({ book }: { readonly book: BookModel }) {
  const { frame, symbol } = book
  const rows = frame === null ? 0 : Math.min(ROWS, Math.max(frame.count('bid'), frame.count('ask')))
  return (
    <div class="mirror" tabIndex={0} role="group" aria-label="Table of the ladder">
      <table class="levels mono">
        <caption>
          {symbol}, {book.standing}
        </caption>
        <thead>
          <tr>
            <th>bid size</th>
            <th>bid</th>
            <th>ask</th>
            <th>ask size</th>
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, rank) => {
            const [bid, ask] = [frame?.text('bid', rank), frame?.text('ask', rank)]
            return (
              <tr key={rank}>
                <td>{bid?.[1]}</td>
                <td data-side="bid">{bid?.[0]}</td>
                <td data-side="ask">{ask?.[0]}</td>
                <td>{ask?.[1]}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
