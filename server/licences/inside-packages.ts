/** Software that is compiled into a binary. */
export interface InsidePart {
  readonly name: string;
  /** Where the binary or its package tells it. */
  readonly version?: string;
  readonly licence: string;
  /** Package URL of the source that it was built from. */
  readonly purl?: string;
  /** Name in the lists of known vulnerabilities, where it was built without patches of a distribution. */
  readonly cpe?: string;
}

export interface InsidePackage {
  /** Of the packages whose parts these are, at the version that was looked at; several where platforms have one each. */
  readonly packages: RegExp;
  readonly version: string;
  /** Where the list is from. */
  readonly source: string;
  readonly parts: readonly InsidePart[];
}

const part = (name: string, licence: string, version?: string): InsidePart =>
  version === undefined ? { name, licence } : { name, version, licence };

/**
 * What is inside the binaries of packages. A package's declared licence is often that of its own code alone. When a version
 * here is not the installed one, a test fails: look at the new binary, then write the new version down.
 */
export const INSIDE_PACKAGES: readonly InsidePackage[] = [
  {
    packages: /^onnxruntime-node$/,
    version: '1.30.0',
    source: 'symbols in libonnxruntime.so.1; the package has no list of its own',
    parts: [
      part('Abseil', 'Apache-2.0'),
      part('cpuinfo', 'BSD-2-Clause'),
      part('Dawn and Tint (WebGPU)', 'BSD-3-Clause'),
      part('Eigen', 'MPL-2.0'),
      part('FlatBuffers', 'Apache-2.0'),
      part('JSON for Modern C++', 'MIT'),
      part('ONNX', 'Apache-2.0'),
      part('Protocol Buffers', 'BSD-3-Clause'),
      part('RE2', 'BSD-3-Clause'),
      part('SafeInt', 'MIT'),
      part('SPIRV-Tools', 'Apache-2.0'),
    ],
  },
  {
    packages: /^opus-decoder$/,
    version: '0.7.12',
    source: 'its README.md; WebAssembly',
    parts: [part('libopus', 'BSD-3-Clause')],
  },
  {
    packages: /^@jjhbw\/silero-vad$/,
    version: '1.0.3',
    source: 'its weights/',
    parts: [part('Silero VAD weights', 'MIT')],
  },
  {
    packages: /^node-(bin-)?(darwin|linux|win)-(arm64|x64)$/,
    version: '24.21.0 24.18.1 26.10.0',
    source: 'LICENSE in each of these packages, which has the texts and further, smaller parts',
    parts: [
      part('ada', 'Apache-2.0 OR MIT'),
      part('brotli', 'MIT'),
      part('c-ares', 'MIT'),
      part('ICU', 'Unicode-3.0'),
      part('libuv', 'MIT'),
      part('llhttp', 'MIT'),
      part('nghttp2', 'MIT'),
      part('OpenSSL', 'Apache-2.0'),
      part('simdjson', 'Apache-2.0'),
      part('simdutf', 'Apache-2.0 OR MIT'),
      part('SQLite, which that file leaves out', 'blessing'),
      part('nghttp3, ngtcp2', 'MIT'),
      part('undici, amaro', 'MIT'),
      part('SWC', 'Apache-2.0'),
      part('LIEF', 'Apache-2.0'),
      part('uvwasi', 'MIT'),
      part('V8', 'BSD-3-Clause'),
      part('zlib', 'Zlib'),
      part('zstd', 'BSD-3-Clause'),
    ],
  },
  {
    packages: /^(esbuild|@esbuild\/.+)$/,
    version: '0.28.2',
    source: 'import paths in @esbuild/linux-x64/bin/esbuild',
    parts: [
      part('Go standard library', 'BSD-3-Clause'),
      part('golang.org/x/crypto, net, sys and text', 'BSD-3-Clause'),
    ],
  },
];

const FFMPEG_FILE = 'server/ingest/decoders/ffmpeg/decoders.wasm';
const JPEG_FILE = 'server/ingest/pictures/codecs/jpeg.wasm';
const WEBP_FILE = 'server/ingest/pictures/codecs/webp.wasm';

const debianSource = (name: string, version: string): string =>
  `pkg:deb/debian/${name}@${version.replaceAll('+', '%2B')}?arch=source&distro=debian-12`;

const WASI_LIBC: InsidePart = { name: 'wasi-libc', licence: 'Apache-2.0 WITH LLVM-exception AND MIT' };
const DEBIAN_WASI_LIBC: InsidePart = {
  ...WASI_LIBC,
  version: '0.0~git20220510.9886d3d-2',
  purl: debianSource('wasi-libc', '0.0~git20220510.9886d3d-2'),
};

/** What is compiled into files of this repository, as the `build.sh` beside each makes it. */
export const INSIDE_REPOSITORY: readonly (InsidePart & { readonly file: string })[] = [
  {
    name: 'FFmpeg (libavcodec, libavutil, libswresample: decoders alone)',
    version: '9.0',
    licence: 'LGPL-2.1-or-later',
    purl: 'pkg:generic/ffmpeg@9.0?checksum=sha256:7f607a00dd0d28a729d5a4811205812eef01cf6ef6155025febb6f36a9062d52',
    cpe: 'cpe:2.3:a:ffmpeg:ffmpeg:9.0:*:*:*:*:*:*:*',
    file: FFMPEG_FILE,
  },
  { ...WASI_LIBC, version: '0.17.1 (Zig)', purl: 'pkg:pypi/ziglang@0.17.1', file: FFMPEG_FILE },
  {
    name: 'libjpeg-turbo',
    version: '2.1.5',
    licence: 'BSD-3-Clause AND IJG AND Zlib',
    purl: debianSource('libjpeg-turbo', '1:2.1.5-2'),
    file: JPEG_FILE,
  },
  { ...DEBIAN_WASI_LIBC, file: JPEG_FILE },
  {
    name: 'libwebp',
    version: '1.2.4',
    licence: 'BSD-3-Clause',
    purl: debianSource('libwebp', '1.2.4-0.2+deb12u1'),
    file: WEBP_FILE,
  },
  { ...DEBIAN_WASI_LIBC, file: WEBP_FILE },
];
