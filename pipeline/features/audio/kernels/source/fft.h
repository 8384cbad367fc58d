// Fourier transforms of real frames of 512, 1024 and 2048 samples.
#pragma once
#include "simd.h"

#define MOST_PAIRS 1024

// The frame to transform, its samples in pairs: even samples in `pairs_re`, odd ones in `pairs_im`.
extern float pairs_re[MOST_PAIRS], pairs_im[MOST_PAIRS];

// A power spectrum of up to 1025 bins, and zeros behind it that vectors reach.
extern float power[MOST_PAIRS + 5];

// Fills the pairs from `at` on with windowed samples. `count` is a multiple of 8. Returns the energy of the windowed
// samples, or of the samples as they are.
float window_pairs(int at, const float *samples, const float *window, int count);
float window_pairs_energy_before(int at, const float *samples, const float *window, int count);
// Clears the pairs from `from` to `to`, multiples of 4.
void clear_pairs(int from, int to);

// Each transforms the pairs of a frame of `size` samples; the pairs are lost.
void transform_power(int size);                                   // power, bins 0 … size / 2
void transform_magnitudes(int size, float *magnitudes);           // square roots of those
void transform_real(int size, float *re);                         // real parts, bins 0 … size / 2
void transform_low(int size, int bins, float *re, float *im);     // bins 0 … `bins`, a multiple of 4
