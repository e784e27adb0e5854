#!/bin/sh
# Builds the engine's WebAssembly module and puts it beside this script as havklo.wasm.
#
# Two ways, because not every machine has rustup: a toolchain that carries the target compiles at once, and rustup
# can add it; Debian's rustc-web, cargo-web, rust-web-src and lld compile the core library along with it, from
# Debian's own sources, and are installed where nothing else helps and that is allowed.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
target=wasm32-unknown-unknown
out=${CARGO_TARGET_DIR:-$root/target}

has_target() {
    # A toolchain has the target when its sysroot holds a core library for it.
    set -- "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$target/lib"/libcore-*.rlib
    [ -e "$1" ]
}

cd "$root"
if ! has_target rustc && command -v rustup >/dev/null; then
    rustup target add "$target" || true
fi
if ! has_target rustc && [ ! -d /usr/lib/rustlib/src ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    { apt-get update -q && apt-get install -qy rustc-web cargo-web rust-web-src lld; } || true
fi
if command -v cargo >/dev/null && has_target rustc; then
    cargo build --quiet --locked -p havklo-wasm --profile wasm --target "$target"
elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src" ]; then
    # By their full names: rustup's own may stand before them on PATH.
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld \
        /usr/bin/cargo build --quiet --locked -p havklo-wasm --profile wasm --target "$target" \
        -Zbuild-std=core,alloc,panic_abort
else
    echo "No Rust for $target here. Either of these brings it:" >&2
    echo "    rustup target add $target" >&2
    echo "    apt-get install rustc-web cargo-web rust-web-src lld" >&2
    exit 1
fi
cp "$out/$target/wasm/havklo_wasm.wasm" "$here/havklo.wasm"
