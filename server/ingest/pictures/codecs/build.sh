#!/bin/sh
# Builds jpeg.wasm and webp.wasm from Debian's sources of libjpeg-turbo and libwebp, with Debian's clang. Run on Debian 12:
#   apt-get install clang lld wasi-libc libclang-rt-dev-wasm32 dpkg-dev && sh build.sh
# The result is the same each time; SHA256SUMS holds it, and the test suite compares.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >sources.sources
mkdir -p lists/partial
apt="-o Dir::Etc::sourcelist=$work/sources.sources -o Dir::Etc::sourceparts=- -o Dir::State::lists=$work/lists"
apt-get $apt update -qq
apt-get $apt source -qq libjpeg-turbo=1:2.1.5-2 libwebp=1.2.4-0.2+deb12u1
jpeg=$work/libjpeg-turbo-2.1.5
webp=$work/libwebp-1.2.4

# The stack comes first, so that running out of it is an error and overwrites nothing. Memory is at most 128 MiB.
flags="--target=wasm32-wasi -O3 -DNDEBUG -DNO_GETENV -DNO_PUTENV -fvisibility=hidden -ffunction-sections -fdata-sections"
flags="$flags -nostartfiles -Wl,--no-entry,--gc-sections,--strip-all,--export=malloc"
flags="$flags -Wl,--max-memory=134217728,--stack-first,-z,stack-size=131072"

parts="jdapimin jdapistd jdatasrc jdcoefct jdcolor jddctmgr jdhuff jdphuff jdinput jdmainct jdmarker jdmaster jdmerge
  jdpostct jdsample jidctflt jidctfst jidctint jidctred jquant1 jquant2 jutils jmemmgr jmemnobs jcomapi jsimd_none"
files=""
for part in $parts; do files="$files $jpeg/$part.c"; done
clang $flags -w -I"$here/include" -I"$jpeg" -o "$here/jpeg.wasm" "$here/jpeg.c" $files
clang $flags -w -I"$webp" -o "$here/webp.wasm" "$here/webp.c" "$webp"/src/dec/*.c "$webp"/src/dsp/*.c "$webp"/src/utils/*.c
chmod 644 "$here/jpeg.wasm" "$here/webp.wasm"
cd "$here"
sha256sum jpeg.wasm webp.wasm >SHA256SUMS
