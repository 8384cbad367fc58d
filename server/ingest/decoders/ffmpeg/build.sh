#!/bin/sh
# Builds two modules of FFmpeg 9.0, both under the LGPL 2.1 or later: decoders.wasm, the decoders of live streams behind
# decoder.c; and formats.wasm, the demuxers and decoders of recordings behind formats.c. `build.sh decoders` or `build.sh
# formats` builds one of them.
#
# ffmpeg-9.0-parts.tar.xz holds FFmpeg's files that go into them, and those that build them, unchanged. They are from
# ffmpeg-9.0.tar.xz (sha256 7f607a00dd0d28a729d5a4811205812eef01cf6ef6155025febb6f36a9062d52) in the npm package libav.js
# 6.10.9. The compiler is Zig's, from PyPI; binaryen, from npm, leaves out the zeros that the linker writes. Needs make,
# python3 and node. Takes some half an hour on two cores. The result is the same each time; SHA256SUMS holds it, and the
# test suite compares.
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

# build MODULE FILE LIBRARIES FLAGS...: makes MODULE of FILE and these of FFmpeg's libraries, configured with FLAGS.
build() {
  module=$1 file=$2 libraries=$3
  shift 3
  mkdir "$work/$module"
  cd "$work/$module"
  ../ffmpeg-9.0/configure --enable-cross-compile --target-os=none --arch=wasm32 \
    --cc="$work/cc" --ar="$work/ar" --ranlib="$work/ranlib" --nm=true \
    --disable-everything --disable-autodetect --disable-iconv --disable-programs --disable-doc --disable-network \
    --disable-pthreads --disable-asm --disable-runtime-cpudetect --disable-debug --disable-stripping \
    --disable-avfilter --disable-avdevice --disable-swscale \
    --extra-cflags='-msimd128 -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID' "$@"
  # WASI's mmap is an emulation of its own library, and nothing here maps files.
  sed -i 's/#define HAVE_MMAP 1/#define HAVE_MMAP 0/' config.h
  make -j"$(nproc)"
  # The memory is the caller's, who sets its limit; a wild decoder cannot have more than this.
  # shellcheck disable=SC2086 # the libraries are several words
  "$work/cc" -O3 -msimd128 -Wall -I../ffmpeg-9.0 -I. -mexec-model=reactor -o linked.wasm "$here/$file" $libraries \
    -lwasi-emulated-process-clocks -lwasi-emulated-signal -lwasi-emulated-getpid \
    -Wl,--import-memory,--max-memory=536870912,--gc-sections,--strip-all,-z,stack-size=1048576
  "$work/binaryen/node_modules/.bin/wasm-opt" --memory-packing --zero-filled-memory --enable-simd --enable-bulk-memory \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals linked.wasm -o "$here/$module.wasm"
  chmod 644 "$here/$module.wasm"
  grep '^License:' ffbuild/config.log || true
}

# The names in $1, with commas between them.
list() {
  echo $1 | tr ' ' ,
}

if [ "${1:-decoders}" = decoders ]; then
  build decoders decoder.c 'libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a' \
    --disable-avformat --enable-decoder=aac,flac,h264,mp3float,opus,vorbis,vp8,vp9
fi

# Those of bare streams also tell MPEG's containers what is in them.
demuxers='aac ac3 aiff amr amrnb amrwb asf au avi caf eac3 flac flv g722 g723_1 g726 g726le g729 gsm h264 ilbc ircam loas
  m4v matroska mov mp3 mpegps mpegts mpegvideo nistsphere ogg pcm_alaw pcm_mulaw pcm_s16be pcm_s16le sln voc w64 wav'
pcm='pcm_alaw pcm_bluray pcm_dvd pcm_f16le pcm_f24le pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be
  pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar
  pcm_s8 pcm_s8_planar pcm_u16be pcm_u16le pcm_u24be pcm_u24le pcm_u32be pcm_u32le pcm_u8'
adpcm='adpcm_ct adpcm_g722 adpcm_g726 adpcm_g726le adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_sbpro_2 adpcm_sbpro_3
  adpcm_sbpro_4 adpcm_swf adpcm_yamaha'
sound='aac aac_latm ac3 alac amrnb amrwb eac3 flac g723_1 g729 gsm gsm_ms ilbc mp1float mp2float mp3float nellymoser opus
  speex truespeech vorbis wmapro wmav1 wmav2 wmavoice'
pictures='ffvhuff flv h263 h263i h263p h264 huffyuv mjpeg mpeg1video mpeg2video mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4v3
  rawvideo vp8 vp9 wmv1 wmv2'
parsers='aac aac_latm ac3 amr flac g723_1 g729 gsm h263 h264 mjpeg mpeg4video mpegaudio mpegvideo opus vorbis vp8 vp9'
if [ "${1:-formats}" = formats ]; then
  build formats formats.c \
    'libavformat/libavformat.a libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a' \
    --optflags=-O2 --enable-demuxer="$(list "$demuxers")" \
    --enable-decoder="$(list "$pcm $adpcm $sound $pictures")" --enable-parser="$(list "$parsers")"
fi

cd "$here"
sha256sum decoders.wasm formats.wasm ffmpeg-9.0-parts.tar.xz > SHA256SUMS
cat SHA256SUMS
