import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine, ModelError } from '../model-error.ts';
import type { ExecutionProvider } from '../runtime/execution-provider.ts';
import {
  BUNDLE_GRAPHS,
  type BundleFile,
  type BundleGraphName,
  type ModelManifest,
  parseModelManifest,
} from './model-manifest.ts';
import { sha256 as sha256Of } from './sha256.ts';

/** A checked model bundle. */
export interface ModelBundle {
  readonly manifest: ModelManifest;
  readonly tokenizer: { readonly json: object; readonly config: object };
  /** Paths of the graphs that are best for an execution provider, absolute or relative to the working directory. */
  graphFiles(provider: ExecutionProvider): Readonly<Record<BundleGraphName, string>>;
}

/**
 * Reads and checks `manifest.json` of a bundle, but none of the files that it names.
 *
 * @throws ModelError `invalid-bundle`, in one line that names the file
 */
export async function readManifest(directory: string): Promise<ModelManifest> {
  return parseModelManifest(parseJson('manifest.json', await read(directory, 'manifest.json')));
}

/**
 * Reads and checks `manifest.json` of a bundle, and the SHA-256 of every file that it names.
 *
 * @throws ModelError `invalid-bundle`, in one line that names the file
 */
export async function readModelBundle(directory: string): Promise<ModelBundle> {
  const manifest = await readManifest(directory);
  const { tokenizer, tokenizerConfig } = manifest.text;
  const [json, config] = await Promise.all([
    readVerified(directory, tokenizer),
    readVerified(directory, tokenizerConfig),
  ]);
  const graphs = BUNDLE_GRAPHS.map((name) => manifest.graphs[name]);
  const files = graphs.flatMap((graph) => [graph, graph.weights, graph.cpu]).filter((file) => file !== null);
  await Promise.all(files.map((file) => readVerified(directory, file)));
  return {
    manifest,
    tokenizer: { json: parseJson(tokenizer.file, json), config: parseJson(tokenizerConfig.file, config) },
    graphFiles(provider) {
      const path = (name: BundleGraphName) => {
        const graph = manifest.graphs[name];
        return join(directory, (provider === 'cpu' && graph.cpu ? graph.cpu : graph).file);
      };
      return { text: path('text'), video: path('video'), fusion: path('fusion') };
    },
  };
}

async function read(directory: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, file));
  } catch (error) {
    throw ModelError.invalidBundle(`The model bundle ${directory} cannot be read: ${firstLine(error)}`, error);
  }
}

async function readVerified(directory: string, { file, sha256 }: BundleFile): Promise<Buffer> {
  const bytes = await read(directory, file);
  const found = sha256Of(bytes);
  if (found !== sha256) {
    throw ModelError.invalidBundle(`${join(directory, file)} is damaged: its SHA-256 is ${found}, expected ${sha256}.`);
  }
  return bytes;
}

function parseJson(file: string, bytes: Buffer): object {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof json === 'object' && json !== null) return json;
  } catch (error) {
    throw ModelError.invalidBundle(`${file} is not JSON: ${firstLine(error)}`, error);
  }
  throw ModelError.invalidBundle(`${file} must hold a JSON object.`);
}
