'use client'

import { useEffect, useState } from 'react'

import { follow } from '../book.js'

export default function Page() {
  const [text, show] = useState('nothing yet')
  useEffect(() => follow(new URLSearchParams(location.search).get('url'), show), [])
  return <pre id="book">{text}</pre>
}
