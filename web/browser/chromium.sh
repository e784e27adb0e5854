#!/bin/sh
# Sees to it that there is a Chromium for the browser tests: Debian's is installed where there is none and that is
# allowed; HAVKLO_CHROMIUM says where another one is.
set -eu

found() {
    [ -n "${HAVKLO_CHROMIUM:-}" ] && return
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

found >/dev/null && exit
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    { apt-get update -q && apt-get install -qy --no-install-recommends chromium; } >&2 || true
fi
found >/dev/null && exit
echo "The apps are tested in Chromium, and there is none here. Either of these helps:" >&2
echo "    apt-get install chromium" >&2
echo "    HAVKLO_CHROMIUM=/path/to/chrome make test" >&2
exit 1
