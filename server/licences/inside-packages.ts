/** Software inside a binary. */
export interface InsidePart {
  readonly name: string;
  /** Set only when the binary or its package states it. */
  readonly version?: string;
  readonly licence: string;
  /** Package URL of the source code that it was built from. */
  readonly purl?: string;
  /** Name in lists of known vulnerabilities. Set only for software that was built without a distribution's patches. */
  readonly cpe?: string;
}

export interface InsidePackage {
  /** Matches the names of the packages that contain these parts. */
  readonly packages: RegExp;
  /**
   * The version that was examined. Several versions, separated by spaces, when the packages of the platforms differ.
   */
  readonly version: string;
  /** Where the parts were found. */
  readonly source: string;
  readonly parts: readonly InsidePart[];
}

const part = (name: string, licence: string, version?: string): InsidePart =>
  version === undefined ? { name, licence } : { name, version, licence };

/**
 * The software inside the binaries of packages. The licence that a package declares often covers only its own code. One
 * test fails when an installed package has another version than the examined one: examine the new binaries, then change
 * the version here. Another test fails when a package has binaries and is not listed.
 */
export const INSIDE_PACKAGES: readonly InsidePackage[] = [
  {
    packages: /^onnxruntime-node$/,
    version: '1.30.0',
    source: 'symbols and file versions in its libraries; the package has no list of its own',
    parts: [
      part('Abseil', 'Apache-2.0'),
      part('Boost.Mp11', 'BSL-1.0'),
      part('cpuinfo', 'BSD-2-Clause'),
      part('Dawn and Tint (WebGPU), with raw_ptr of Chromium', 'BSD-3-Clause'),
      part('Eigen', 'MPL-2.0'),
      part('FlatBuffers', 'Apache-2.0'),
      part('Guidelines Support Library', 'MIT'),
      part('JSON for Modern C++', 'MIT'),
      part('KleidiAI (arm64)', 'Apache-2.0'),
      part('ONNX', 'Apache-2.0'),
      part('Protocol Buffers', 'BSD-3-Clause'),
      part('RE2', 'BSD-3-Clause'),
      part('SafeInt', 'MIT'),
      part('SPIRV-Tools', 'Apache-2.0'),
      part('Vulkan headers', 'Apache-2.0'),
      part('Core ML model specification (macOS)', 'BSD-3-Clause'),
      part('Windows Implementation Libraries (Windows)', 'MIT'),
      part('DirectML.dll (Windows)', 'LicenseRef-Microsoft-DirectML', '1.15.4'),
      part('dxcompiler.dll: DirectX Shader Compiler, LLVM (Windows)', 'NCSA', '1.8.2502'),
      part('dxil.dll (Windows)', 'LicenseRef-Microsoft-DirectX-Shader-Compiler', '1.8.2502'),
    ],
  },
  {
    packages: /^opus-decoder$/,
    version: '0.7.12',
    source: 'its README.md; WebAssembly',
    parts: [part('libopus', 'BSD-3-Clause')],
  },
  {
    packages: /^libopus-wasm$/,
    version: '0.4.0',
    source: 'its THIRD_PARTY_NOTICES.md, and its CHANGELOG.md for the version; WebAssembly',
    parts: [part('libopus', 'BSD-3-Clause', '1.6.1')],
  },
  {
    packages: /^@wasm-audio-decoders\/common$/,
    version: '9.0.7',
    source: 'puffString in src/WASMAudioDecoderCommon.js; WebAssembly',
    parts: [part('puff of zlib', 'Zlib')],
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

const DECODERS_FILE = 'server/ingest/decoders/ffmpeg/decoders.wasm';
const FORMATS_FILE = 'server/ingest/decoders/ffmpeg/formats.wasm';
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

const ZIG_WASI_LIBC: InsidePart = { ...WASI_LIBC, version: '0.17.1 (Zig)', purl: 'pkg:pypi/ziglang@0.17.1' };

const FFMPEG: Omit<InsidePart, 'name'> = {
  version: '9.0',
  licence: 'LGPL-2.1-or-later',
  purl: 'pkg:generic/ffmpeg@9.0?checksum=sha256:7f607a00dd0d28a729d5a4811205812eef01cf6ef6155025febb6f36a9062d52',
  cpe: 'cpe:2.3:a:ffmpeg:ffmpeg:9.0:*:*:*:*:*:*:*',
};

/** The software compiled into files of this repository. The `build.sh` next to each file builds it. */
export const INSIDE_REPOSITORY: readonly (InsidePart & { readonly file: string })[] = [
  { ...FFMPEG, name: 'FFmpeg (libavcodec, libavutil, libswresample: decoders alone)', file: DECODERS_FILE },
  { ...ZIG_WASI_LIBC, file: DECODERS_FILE },
  {
    ...FFMPEG,
    name: 'FFmpeg (libavformat, libavcodec, libavutil, libswresample: demuxers and decoders alone)',
    file: FORMATS_FILE,
  },
  { ...ZIG_WASI_LIBC, file: FORMATS_FILE },
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
