import { follow } from '../book.js'

follow(new URLSearchParams(location.search).get('url'), (text) => {
  document.querySelector('#book').textContent = text
})
