// Frames of 32 ms for the quality of the signal.
#include "fft.h"

#define SIZE 512

extern float samples[];

EXPORT VECTOR_ALIGNED float quality_window[SIZE];
EXPORT VECTOR_ALIGNED float quality_power[SIZE / 2 + 1];

// The power spectrum of the 512 samples from `at` on. Returns the windowed samples' energy.
EXPORT float analyze_quality(int at) {
  float energy = window_pairs(0, samples + at, quality_window, SIZE);
  transform_power(SIZE);
  for (int bin = 0; bin <= SIZE / 2; bin++) quality_power[bin] = power[bin];
  return energy;
}
