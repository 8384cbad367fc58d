#!/bin/sh
# Builds convolve.wasm from convolve.c with Zig's C compiler, from PyPI: `pip install ziglang==0.17.1`. Nothing else is in
# the module. The result is the same each time. SHA256SUMS holds it together with its source, and the test suite compares.
#
# `build.sh FILE` builds FILE, and leaves convolve.wasm as it is.
set -eu

cd "$(dirname "$0")"
target=${1:-convolve.wasm}
python3 -m ziglang cc -target wasm32-freestanding -mcpu=generic+simd128 -std=c17 -O3 -Wall -Wextra -Werror -nostdlib \
  -fno-builtin -fvisibility=hidden -ffp-contract=off -o "$target" ./convolve.c \
  -Wl,--no-entry,--export-dynamic,--gc-sections,--strip-all,-z,stack-size=65536
chmod 644 "$target"
[ $# -gt 0 ] || sha256sum convolve.wasm convolve.c > SHA256SUMS
