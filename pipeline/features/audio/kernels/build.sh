#!/bin/sh
# Builds kernels.wasm from source/ with Zig's C compiler, from PyPI: `pip install ziglang==0.17.1`. Where python3 does not
# have it, it is installed for this run. Nothing but the files of source/ is in the module, no library either. The result is
# the same each time. SHA256SUMS holds it together with its sources, and the test suite compares.
#
# `build.sh FILE` builds FILE, and leaves kernels.wasm as it is.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/kernels.wasm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=python3
if [ "$($python -m ziglang version 2>/dev/null)" != 0.17.1 ]; then
  python3 -m venv "$work/venv"
  python=$work/venv/bin/python
  echo 'ziglang==0.17.1' > "$work/requirements.txt"
  $python -m pip install --quiet --only-binary :all: --requirement "$work/requirements.txt"
fi

cd "$here/source"
$python -m ziglang cc -target wasm32-freestanding -mcpu=generic+simd128+bulk_memory -std=c17 -O3 -Wall -Wextra -Werror \
  -nostdlib -fno-builtin -fvisibility=hidden -ffp-contract=off -o "$work/kernels.wasm" ./*.c \
  -Wl,--no-entry,--export-dynamic,--gc-sections,--strip-all,-z,stack-size=65536
chmod 644 "$work/kernels.wasm"
cp "$work/kernels.wasm" "$target"
cd "$here"
[ $# -gt 0 ] || sha256sum kernels.wasm source/* > SHA256SUMS
