#!/bin/sh
# Builds the WebAssembly modules and puts them beside this script: havklo.wasm is the engine for books of levels,
# level3.wasm that for books of orders as well, fill.wasm the mathematics of fills.
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
# Builds one module: its name, its feature, flags, the cargo to use, options. An engine needs little of the megabyte
# that a stack has by default, and every instance has its own.
compile() {
    name=$1 feature=$2 flags=$3 cargo=$4
    shift 4
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C link-arg=-zstack-size=131072 $flags" \
        "$cargo" build --quiet --locked -p havklo-wasm --no-default-features --features "$feature" \
        --profile wasm --target "$target" "$@"
    cp "$out/$target/wasm/havklo_wasm.wasm" "$here/$name.wasm"
}

# Books of levels are what nearly every page needs, so their module is made for speed where it may be. Orders are as
# much code again: with the compiler's own threshold for inlining of either "s" or "z" that module is a tenth larger, or
# takes half as long again for a message. Fills are asked for now and then: small comes first.
compile_all() {
    small='profile.wasm.package.havklo-engine.opt-level="z"'
    compile havklo books "" "$@"
    compile level3 level3 "-C llvm-args=-inline-threshold=50" "$@" --config "$small"
    compile fill fill "" "$@" --config "$small"
}

if command -v cargo >/dev/null && has_target rustc; then
    compile_all cargo
elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src" ]; then
    # By their full names: rustup's own may stand before them on PATH.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
    compile_all /usr/bin/cargo -Zbuild-std=core,alloc,panic_abort
else
    echo "No Rust for $target here. Either of these brings it:" >&2
    echo "    rustup target add $target" >&2
    echo "    apt-get install rustc-web cargo-web rust-web-src lld" >&2
    exit 1
fi
