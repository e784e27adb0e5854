import { Client, book } from '@havklo/client'

export function follow(url, show) {
  const client = new Client({ url })
  const btc = client.subscribe(book('BTC/USD'))
  btc.subscribe(() => {
    const view = btc.getSnapshot()
    show(view.state === 'live' ? `${view.value.text('bid', 0)} ${view.value.text('ask', 0)}` : view.state)
  })
  return () => client.close()
}
