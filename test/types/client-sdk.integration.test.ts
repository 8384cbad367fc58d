import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONSUMER = fileURLToPath(new URL('client-sdk-consumer.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'undertone-types-'));

afterAll(() => rmSync(folder, { recursive: true }));

const STRICT: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  types: [],
};

/** Reads each file of TypeScript's library once for all programs. */
function createHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (fileName, ...rest) => {
    if (!fileName.includes('/typescript/lib/')) return getSourceFile(fileName, ...rest);
    const file = libraryFiles.get(fileName) ?? getSourceFile(fileName, ...rest);
    libraryFiles.set(fileName, file);
    return file;
  };
  return host;
}

const libraryFiles = new Map<string, ts.SourceFile | undefined>();

function problemsOf(files: string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, { ...STRICT, ...options }, createHost({ ...STRICT, ...options }));
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

/** The SDK's declarations as they are published. */
function buildDeclarations(): string {
  const entry = join(ROOT, 'client-sdk', 'index.ts');
  const options: ts.CompilerOptions = {
    ...STRICT,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'],
    rewriteRelativeImportExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(ROOT, 'client-sdk'),
    outDir: folder,
  };
  const program = ts.createProgram([entry], options, createHost(options));
  expect(program.emit().diagnostics).toEqual([]);
  return join(folder, 'index.d.ts');
}

describe('the types of the SDK', () => {
  it.each([
    ['a browser project, without any of Node', { lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'] }],
    [
      'a Node project',
      { lib: ['lib.es2024.d.ts'], types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')] },
    ],
  ])('narrow and refuse as the consumer file expects in %s', (_, options) => {
    const source = { allowImportingTsExtensions: true, noEmit: true, skipLibCheck: true };
    expect(problemsOf([CONSUMER], { ...source, ...options })).toEqual([]);
  });

  it('are usable as published, by a project that knows no .ts specifiers and checks its libraries', () => {
    buildDeclarations();
    const consumer = join(folder, 'consumer.mts');
    writeFileSync(
      consumer,
      `import { createEmotionClient, EMOTION_LABELS, type EmotionEvent } from './index.js';
       export async function read(): Promise<EmotionEvent[]> {
         const events: EmotionEvent[] = [];
         for await (const event of createEmotionClient({ url: 'http://localhost' }).events('a')) events.push(event);
         return events;
       }
       export const first: 'anger' = EMOTION_LABELS[0];`,
    );
    expect(problemsOf([consumer], { lib: ['lib.es2024.d.ts'], skipDefaultLibCheck: true, noEmit: true })).toEqual([]);
  });
});
