/** Length of a frame of the energy contour, in ms. */
const FRAME_MS = 10;
/** How far speech may be below the loudest frame, in dB. */
const RANGE_DB = 25;
/** Longest pause within a sentence, in ms. Sound after a longer pause is not part of the sentence. */
const MAX_PAUSE_MS = 500;
/** The frequency band of voiced sounds, in Hz. Breath, clicks and rustling are mostly above it, hum and bumps below. */
const BAND_HZ = [100, 800] as const;

/**
 * Finds the one sentence of a clip by energy alone, without any model. Speech frames (10 ms) are within 25 dB of the
 * loudest frame in the band of voiced sounds. The range grows from the loudest frame in both directions until a pause
 * is longer than 500 ms.
 */
export function speechRangeMs(samples: Float32Array, sampleRateHz: number): { startMs: number; endMs: number } {
  const energies = bandEnergies(samples, sampleRateHz);
  const loudest = energies.indexOf(Math.max(...energies));
  const threshold = energies[loudest]! / 10 ** (RANGE_DB / 10);
  const edge = (step: 1 | -1): number => {
    let last = loudest;
    for (let frame = loudest; frame in energies && Math.abs(frame - last) * FRAME_MS <= MAX_PAUSE_MS; frame += step) {
      if (energies[frame]! >= threshold) last = frame;
    }
    return last;
  };
  return { startMs: edge(-1) * FRAME_MS, endMs: (edge(1) + 1) * FRAME_MS };
}

/** Energy per frame after two one-pole low-passes and two one-pole high-passes. */
function bandEnergies(samples: Float32Array, sampleRateHz: number): number[] {
  const [lowHz, highHz] = BAND_HZ;
  const [slow, fast] = [lowHz, highHz].map((hz) => 1 - Math.exp((-2 * Math.PI * hz) / sampleRateHz)) as [
    number,
    number,
  ];
  const frameSamples = (sampleRateHz * FRAME_MS) / 1000;
  const energies: number[] = new Array(Math.floor(samples.length / frameSamples)).fill(0);
  let [low1, low2, hum1, hum2] = [0, 0, 0, 0];
  for (let i = 0; i < energies.length * frameSamples; i += 1) {
    low1 += fast * (samples[i]! - low1);
    low2 += fast * (low1 - low2);
    hum1 += slow * (low2 - hum1);
    hum2 += slow * (low2 - hum1 - hum2);
    energies[Math.floor(i / frameSamples)]! += (low2 - hum1 - hum2) ** 2;
  }
  return energies;
}
