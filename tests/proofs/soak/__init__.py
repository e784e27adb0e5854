"""The soak: a client on a busy simulator over real sockets, random faults all the time, all that it hands out judged.

The simulator runs in one process and the client in another, which tells what it reads as it reads it.

* `telling` is what one process tells the other.
* `client` is the client's process; `leaks` counts what it must not leave behind.
* `judge` compares with the simulator's own books and tape; `memory` says whether the client has grown.
* `harm` is what goes wrong.
* `course` lets it all run and puts the figures together.
"""
