"""What holds for all tests."""

import signal

from hypothesis import settings

# How long an example takes is the machine's affair: other work may run beside it.
settings.register_profile("search", deadline=None, print_blob=True)
# The same examples every time: what was green stays green until the code changes. `make search` looks for others.
settings.register_profile("havklo", deadline=None, derandomize=True)
settings.load_profile("havklo")

# Whoever runs the tests in the background has told them to ignore Ctrl-C, and so all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
