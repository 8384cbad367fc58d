import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { INSIDE_PACKAGES, INSIDE_REPOSITORY, type InsidePart } from './inside-packages.ts';
import { type ProductionPackage, productionPackages } from './production-packages.ts';

const ROOT = new URL('../../', import.meta.url);
/** Folders of the models that come with the server. */
const MODELS = [
  'models/undertone-mini',
  'models/faces',
  'models/voice',
  'models/voice-activity',
  'models/language',
  'models/speakers',
];

/** WebAssembly with nothing but this project's own code in it. */
const OWN_MODULES = ['pipeline/features/audio/kernels/kernels.wasm', 'pipeline/sync/resampling/convolve.wasm'];

/**
 * The bill of materials of a production installation, in CycloneDX 1.6. It lists the packages of package-lock.json with their
 * hashes, the software inside their binaries, the software compiled into files of this repository, and the models' files.
 * `npm sbom` is not enough: it leaves out packages for other platforms and packages that several others share.
 */
export function sbom(): object {
  const { name, version, license } = readJson('package.json') as { name: string; version: string; license: string };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': 'root', name, version, licenses: licences(license) },
    },
    components: [
      ...productionPackages().map(packageComponent),
      ...repositoryComponents(),
      ...OWN_MODULES.map((file) => ownComponent(file, license)),
      ...modelComponents(),
    ],
  };
}

function packageComponent({ name, version, licence, integrity, isOptional }: ProductionPackage): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm, hash] = integrity.split('-', 2) as [string, string];
  const parts = INSIDE_PACKAGES.find(({ packages }) => packages.test(name))?.parts ?? [];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    scope: isOptional ? 'optional' : 'required',
    purl,
    hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(hash, 'base64').toString('hex') }],
    licenses: licences(licence),
    ...(parts.length > 0 && { components: parts.map(partComponent) }),
  };
}

function partComponent({ name, version, licence, purl, cpe }: InsidePart): object {
  return {
    type: 'library',
    name,
    ...(version !== undefined && { version }),
    licenses: licences(licence),
    ...(cpe !== undefined && { cpe }),
    ...(purl !== undefined && { purl }),
  };
}

function repositoryComponents(): object[] {
  const files = [...new Set(INSIDE_REPOSITORY.map(({ file }) => file))];
  return files.map((file) => ({
    type: 'file',
    'bom-ref': file,
    name: file,
    hashes: [sha256Of(readFileSync(new URL(file, ROOT)))],
    components: INSIDE_REPOSITORY.filter((part) => part.file === file).map(partComponent),
  }));
}

function ownComponent(file: string, licence: string): object {
  const hashes = [sha256Of(readFileSync(new URL(file, ROOT)))];
  return { type: 'file', 'bom-ref': file, name: file, hashes, licenses: licences(licence) };
}

interface ModelFile {
  readonly file: string;
  readonly sha256: string;
  readonly license?: string;
}

/** The files of the models, with the hash and licence from their manifests. */
function modelComponents(): object[] {
  return MODELS.flatMap((folder) => {
    const manifest = readJson(`${folder}/manifest.json`) as { version?: string; license?: string };
    return filesIn(manifest).map(({ file, sha256, license = manifest.license }) => ({
      type: 'machine-learning-model',
      'bom-ref': `${folder}/${file}`,
      name: `${folder}/${file}`,
      ...(manifest.version !== undefined && { version: manifest.version }),
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      ...(license !== undefined && { licenses: licences(license) }),
    }));
  });
}

/** The files that a manifest names, at any depth. */
function filesIn(part: unknown): ModelFile[] {
  if (typeof part !== 'object' || part === null) return [];
  const inner = Object.values(part).flatMap(filesIn);
  return 'file' in part && 'sha256' in part ? [part as ModelFile, ...inner] : inner;
}

function sha256Of(bytes: Uint8Array): object {
  return { alg: 'SHA-256', content: createHash('sha256').update(bytes).digest('hex') };
}

function licences(expression: string): object[] {
  return [{ expression }];
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}
