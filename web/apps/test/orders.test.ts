/** The relay's word on own orders. */

import { expect, test } from 'vitest'

import { ordersOf } from '../havsyn/src/orders.js'

const DECIMALS = { price: 1, qty: 8 }
const TOLD = {
  channel: 'level3',
  symbol: 'BTC/USD',
  state: 'live',
  bids: [{ price: '89984.4', qty: '0.30000000', orders: 14, proven: true, first: [] }],
  asks: [],
  orders: [
    {
      order_id: 'OAAAAA-BBBBB-CCCCCC',
      side: 'buy',
      limit_price: '89984.4',
      order_qty: '0.25000000',
      orders_ahead: 2,
      qty_ahead: '0.05000000',
      exactness: 'exact',
    },
    { order_id: 'ODDDDD-EEEEE-FFFFFF', side: 'sell', limit_price: '89999.9', order_qty: '1.00000000', exactness: 'unknown' },
    { order_id: 'broken', side: 'sell', limit_price: '89999.99', order_qty: '1' },
  ],
}

test('places are told as far as they are known; what is not exact is left out', () => {
  expect(ordersOf(TOLD, DECIMALS)).toEqual([
    { id: 'OAAAAA-BBBBB-CCCCCC', side: 'bid', price: 899844n, qty: 25000000n, place: 3, of: 14, ahead: 5000000n, exactness: 'exact' },
    { id: 'ODDDDD-EEEEE-FFFFFF', side: 'ask', price: 899999n, qty: 100000000n, place: null, of: null, ahead: null, exactness: 'unknown' },
  ])
  expect(ordersOf({}, DECIMALS)).toEqual([])
})
