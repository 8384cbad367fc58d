// Triangular filters over a power spectrum.
#pragma once
#include "simd.h"

// Four bands at a time. Each band's weights are filled up with zeros to a multiple of four.
typedef struct {
  const int *first;  // bin, by band
  const int *offset; // of the weights, by band, and the end of the last
  const float *weights;
} filter_bank;

// The weighted sums of `power` for the bands `band` … `band + 3`.
static inline f32x4 four_bands(filter_bank bank, const float *spectrum, int band) {
  f32x4 sums[4];
  for (int b = 0; b < 4; b++) {
    const float *bins = spectrum + bank.first[band + b];
    const float *weights = bank.weights + bank.offset[band + b];
    const int count = bank.offset[band + b + 1] - bank.offset[band + b];
    f32x4 sum = splat(0);
    for (int i = 0; i < count; i += 4) sum += load(bins + i) * load(weights + i);
    sums[b] = sum;
  }
  return sums_of(sums[0], sums[1], sums[2], sums[3]);
}
