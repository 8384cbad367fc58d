import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIO_FEATURE_NAMES } from '../../../pipeline/index.ts';
import { PythonProcess } from '../python-process.ts';

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
  readonly #process: PythonProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'undertone-bench-'));
  /** Such as `openSMILE 2.6.0, librosa 0.11.0`. */
  readonly versions: string;

  /** @throws Error with one line that says what is missing. */
  static async open(python: string): Promise<Reference> {
    return new Reference(await PythonProcess.open({ python, script: SCRIPT, needs: 'opensmile librosa soundfile' }));
  }

  private constructor(process: PythonProcess) {
    const { opensmile, librosa, names } = process.greeting as unknown as Versions;
    this.#process = process;
    this.versions = `openSMILE ${opensmile}, librosa ${librosa}`;
    if (names.join() !== AUDIO_FEATURE_NAMES.slice(-names.length).join()) {
      throw new Error(`openSMILE ${opensmile} names other eGeMAPSv02 functionals`);
    }
  }

  /** @param samples 16 kHz mono, multiples of 2⁻¹⁵, so that openSMILE's 16-bit integers hold them exactly. */
  compute(samples: Float32Array): Promise<ReferenceResult> {
    const path = join(this.#folder, 'clip.f32');
    writeFileSync(path, samples);
    return this.#process.ask(path);
  }

  close(): void {
    this.#process.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
