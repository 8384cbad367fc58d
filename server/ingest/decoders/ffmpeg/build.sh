#!/bin/sh
# Builds decoders.wasm: the decoders named below of FFmpeg 9.0, behind decoder.c, under the LGPL 2.1 or later.
#
# ffmpeg-9.0-parts.tar.xz holds FFmpeg's files that go into it, and those that build them, unchanged. They are from
# ffmpeg-9.0.tar.xz (sha256 7f607a00dd0d28a729d5a4811205812eef01cf6ef6155025febb6f36a9062d52) in the npm package libav.js
# 6.10.9. The compiler is Zig's, from PyPI; binaryen, from npm, leaves out the zeros that the linker writes. Needs make,
# python3 and node. Takes some ten minutes on two cores. The result is the same each time; SHA256SUMS holds it, and the test
# suite compares.
#
# Whoever wants another FFmpeg in its place: change the parts or the flags, and run this again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
echo 'ziglang==0.17.1' > "$work/requirements.txt"
"$work/venv/bin/pip" install --quiet --only-binary :all: --requirement "$work/requirements.txt"
npm install --prefix "$work/binaryen" --ignore-scripts --no-audit --no-fund --silent binaryen@132.0.0
for tool in cc ar ranlib; do
  target=$([ "$tool" = cc ] && echo '-target wasm32-wasi' || echo '')
  printf '#!/bin/sh\nexec "%s" -m ziglang %s %s "$@"\n' "$work/venv/bin/python" "$tool" "$target" > "$work/$tool"
  chmod +x "$work/$tool"
done

tar -xJf "$here/ffmpeg-9.0-parts.tar.xz" -C "$work"
mkdir "$work/build"
cd "$work/build"
../ffmpeg-9.0/configure --enable-cross-compile --target-os=none --arch=wasm32 \
  --cc="$work/cc" --ar="$work/ar" --ranlib="$work/ranlib" --nm=true \
  --disable-everything --disable-autodetect --disable-iconv --disable-programs --disable-doc --disable-network \
  --disable-pthreads --disable-asm --disable-runtime-cpudetect --disable-debug --disable-stripping \
  --disable-avformat --disable-avfilter --disable-avdevice --disable-swscale \
  --enable-decoder=aac,flac,h264,mp3float,opus,vorbis,vp8,vp9 \
  --extra-cflags='-msimd128 -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID'
# WASI's mmap is an emulation of its own library, and nothing here maps files.
sed -i 's/#define HAVE_MMAP 1/#define HAVE_MMAP 0/' config.h
make -j"$(nproc)"

# The memory is the caller's, who sets its limit; a wild decoder cannot have more than this.
"$work/cc" -O3 -msimd128 -Wall -I../ffmpeg-9.0 -I. -mexec-model=reactor -o linked.wasm "$here/decoder.c" \
  libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a \
  -Wl,--import-memory,--max-memory=536870912,--gc-sections,--strip-all,-z,stack-size=1048576
"$work/binaryen/node_modules/.bin/wasm-opt" --memory-packing --zero-filled-memory --enable-simd --enable-bulk-memory \
  --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals linked.wasm -o "$here/decoders.wasm"
chmod 644 "$here/decoders.wasm"
grep '^License:' ffbuild/config.log || true
cd "$here"
sha256sum decoders.wasm ffmpeg-9.0-parts.tar.xz > SHA256SUMS
cat SHA256SUMS
