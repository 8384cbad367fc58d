/** Frames of the energy contour, ms. */
const FRAME_MS = 10;
/** How far below the loudest frame speech may lie, dB. */
const RANGE_DB = 25;
/** Longest pause inside a sentence, ms: what lies beyond one is no part of it. */
const MAX_PAUSE_MS = 500;
/** The band of voiced sounds, Hz: breath, clicks and rustling lie mostly above it, hum and bumps below. */
const BAND_HZ = [100, 800] as const;

/**
 * Where a clip's one sentence lies by its energy alone, independent of any model: the frames of 10 ms within 25 dB of
 * the loudest in the band of voiced sounds, from that one outwards as far as no pause is longer than 500 ms.
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

/** Energy a frame behind two one-pole low-passes and two one-pole high-passes. */
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
