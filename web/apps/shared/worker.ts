/** What runs beside the page: sockets, proofs, recordings. */

import '@havklo/desk/worker'
