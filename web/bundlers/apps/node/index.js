import { follow } from './book.js'

const stop = follow(process.argv[2], (text) => {
  if (!text.includes(' ')) return
  console.log(text)
  stop()
})
