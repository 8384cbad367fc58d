// Logarithmic mel bands: those of MFCC, and those that the encoded voice starts from.
#include "bands.h"
#include "fft.h"

#define POWER_FLOOR 1e-10f
#define MFCC_SIZE 2048
#define MFCC_BANDS 128
#define MEL_SIZE 512
#define MEL_SAMPLES 400
#define MEL_BANDS 80

extern float samples[];

EXPORT VECTOR_ALIGNED float mfcc_window[MFCC_SIZE], mel_window[MEL_SAMPLES];
EXPORT int mfcc_first[MFCC_BANDS], mfcc_offset[MFCC_BANDS + 1], mel_first[MEL_BANDS], mel_offset[MEL_BANDS + 1];
EXPORT VECTOR_ALIGNED float mfcc_weights[3072], mel_weights[1024];

EXPORT VECTOR_ALIGNED float mfcc_decibels[MFCC_BANDS];
EXPORT VECTOR_ALIGNED float mel_logs[MEL_BANDS];

// Decibels of the bands of the 2048 samples from `at` on.
EXPORT void analyze_mfcc(int at) {
  const filter_bank bank = {mfcc_first, mfcc_offset, mfcc_weights};
  window_pairs(0, samples + at, mfcc_window, MFCC_SIZE);
  transform_power(MFCC_SIZE);
  for (int band = 0; band < MFCC_BANDS; band += 4) {
    f32x4 bands = larger(splat(POWER_FLOOR), four_bands(bank, power, band));
    store(mfcc_decibels + band, DECIBELS_PER_OCTAVE * log2_of(bands));
  }
}

// Decimal logarithms of the bands of the 400 samples from `at` on.
EXPORT void analyze_mel(int at) {
  const filter_bank bank = {mel_first, mel_offset, mel_weights};
  window_pairs(0, samples + at, mel_window, MEL_SAMPLES);
  clear_pairs(MEL_SAMPLES / 2, MEL_SIZE / 2);
  transform_power(MEL_SIZE);
  for (int band = 0; band < MEL_BANDS; band += 4) {
    // A transform of 512 points has more bins under each filter than one of 400.
    f32x4 bands = larger(splat(POWER_FLOOR), four_bands(bank, power, band) * ((float)MEL_SAMPLES / MEL_SIZE));
    store(mel_logs + band, LOG10_2 * log2_of(bands));
  }
}
