/** Levels as a table, best first: bids and asks beside each other. */

/** A level as it is read. */
export interface Row {
  readonly price: string
  readonly qty: string
}

interface Parts {
  readonly caption: string
  readonly bids: readonly Row[]
  readonly asks: readonly Row[]
}

export function Levels({ caption, bids, asks }: Parts) {
  return (
    <table class="levels mono">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th>bid size</th>
          <th>bid</th>
          <th>ask</th>
          <th>ask size</th>
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: Math.max(bids.length, asks.length) }, (_, rank) => (
          <tr key={rank}>
            <td>{bids[rank]?.qty}</td>
            <td data-side="bid">{bids[rank]?.price}</td>
            <td data-side="ask">{asks[rank]?.price}</td>
            <td>{asks[rank]?.qty}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
