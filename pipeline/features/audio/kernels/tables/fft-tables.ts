/**
 * Twiddle factors of a transform of `size` real samples, taken as half as many complex numbers, for Stockham's stages of
 * radix 4: cosines and sines of the one-, two- and threefold angle, as six rows for the first stage, then as six values
 * per step for the others. The last stage, of radix 4 or 2, needs none.
 */
export function stockhamTwiddles(size: number): Float64Array {
  const values: number[] = [];
  const count = size / 2;
  const wave = (value: number, step: number, length: number) => {
    const angle = (2 * Math.PI * (Math.floor(value / 2) + 1) * step) / length;
    return value % 2 === 0 ? Math.cos(angle) : -Math.sin(angle);
  };
  for (let value = 0; value < 6; value++) {
    for (let step = 0; step < count / 4; step++) values.push(wave(value, step, count));
  }
  for (let length = count / 4; length > 4; length /= 4) {
    for (let step = 0; step < length / 4; step++) {
      for (let value = 0; value < 6; value++) values.push(wave(value, step, length));
    }
  }
  return Float64Array.from(values);
}

/** Cosines, then sines that rotate the odd samples' part of the spectrum, for the bins from 1 to `size / 4`. */
export function splitFactors(size: number): Float64Array {
  const bins = size / 4;
  return Float64Array.from({ length: 2 * bins }, (_, i) => {
    const angle = (2 * Math.PI * ((i % bins) + 1)) / size;
    return i < bins ? Math.cos(angle) : -Math.sin(angle);
  });
}
