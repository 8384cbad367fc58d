import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AUDIO_FEATURE_NAMES } from '../../../pipeline/index.ts';

const SCRIPT = fileURLToPath(new URL('reference.py', import.meta.url));

/** What openSMILE and librosa make of a clip. */
export interface ReferenceResult {
  /** In the order of {@link AUDIO_FEATURE_NAMES}. */
  readonly features: readonly number[];
  /** Processor time, s. */
  readonly librosaSeconds: number;
  readonly opensmileSeconds: number;
}

interface Versions {
  readonly opensmile: string;
  readonly librosa: string;
  readonly names: readonly string[];
}

/** A Python process that computes the references' features, one clip after the other. */
export class Reference {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'undertone-bench-'));
  /** Such as `openSMILE 2.6.0, librosa 0.11.0`. */
  readonly versions: string;

  /** @throws Error with one line that says what is missing. */
  static async open(python: string): Promise<Reference> {
    const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint = (complaint + text).slice(-4000);
    });
    child.stdin.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const failed = once(child, 'error').then(([error]) => {
      throw error;
    });
    const first = await Promise.race([lines.next(), failed]).catch(() => null);
    if (first === null || first.done) {
      const lack = /No module named '[^']*'/.exec(complaint)?.[0] ?? complaint.trim().split('\n').at(-1);
      throw new Error(
        `${python} cannot compute the references${lack ? ` (${lack})` : ''}: pip install opensmile librosa soundfile, or name another with --python`,
      );
    }
    return new Reference(child, lines, JSON.parse(first.value));
  }

  private constructor(process: ChildProcess, lines: AsyncIterator<string>, { opensmile, librosa, names }: Versions) {
    this.#process = process;
    this.#lines = lines;
    this.versions = `openSMILE ${opensmile}, librosa ${librosa}`;
    if (names.join() !== AUDIO_FEATURE_NAMES.slice(-names.length).join()) {
      throw new Error(`openSMILE ${opensmile} names other eGeMAPSv02 functionals`);
    }
  }

  /** @param samples 16 kHz mono, multiples of 2⁻¹⁵, so that openSMILE's 16-bit integers hold them exactly. */
  async compute(samples: Float32Array): Promise<ReferenceResult> {
    const path = join(this.#folder, 'clip.f32');
    writeFileSync(path, samples);
    this.#process.stdin!.write(`${path}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error('the references ended before their time');
    return JSON.parse(line.value);
  }

  close(): void {
    this.#process.stdin!.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
