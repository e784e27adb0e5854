"""One pair's matching: levels, queues, price-time priority. Integers only, no I/O, no clock."""
