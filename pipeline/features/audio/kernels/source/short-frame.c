// Frames of 20 ms: energy, loudness, cepstrum and the shape of the spectrum.
#include "bands.h"
#include "fft.h"

#define SIZE 512
#define FRAME_SAMPLES 320
#define OFFSET_PAIRS ((SIZE - FRAME_SAMPLES) / 4)
#define BANDS 26
#define BANDS_IN_FOURS 28
#define CEPSTRUM 4
#define BIN_1000_HZ 32
#define BIN_2000_HZ 64
#define BIN_5000_HZ 160
#define SLOPE_BINS 52
#define POWER_FLOOR 1e-14f
#define BAND_FLOOR 9.3e-10f
#define COMPRESSION 0.33f
#define HTK_SCALE (32767.0f * 32767.0f)

extern float samples[];

EXPORT VECTOR_ALIGNED float short_window[FRAME_SAMPLES];
EXPORT int htk_first[BANDS_IN_FOURS], htk_offset[BANDS_IN_FOURS + 1];
EXPORT VECTOR_ALIGNED float htk_weights[1024];
// Of each band in loudness; 0 behind the last.
EXPORT VECTOR_ALIGNED float sensitivity[BANDS_IN_FOURS];
// A row for each coefficient, with zeros behind the last band.
EXPORT VECTOR_ALIGNED float cepstrum_cosines[CEPSTRUM * BANDS_IN_FOURS];
// By bin: their sums with the decibels are the slopes of 0-500 Hz and 500-1500 Hz.
EXPORT VECTOR_ALIGNED float slope_low_weights[SLOPE_BINS], slope_high_weights[SLOPE_BINS];

// Magnitudes below 5 kHz of the latest frame. The next frame's flux is the change since then.
EXPORT VECTOR_ALIGNED float flux_magnitudes[BIN_5000_HZ];
// Energy, loudness, alpha ratio, Hammarberg index, slopes of 0-500 Hz and 500-1500 Hz, flux, cepstrum 1-4.
EXPORT float short_values[11];

static void transform_short(int at, float *energy) {
  clear_pairs(0, OFFSET_PAIRS);
  *energy = window_pairs_energy_before(OFFSET_PAIRS, samples + at, short_window, FRAME_SAMPLES);
  clear_pairs(OFFSET_PAIRS + FRAME_SAMPLES / 2, SIZE / 2);
}

// The frame's spectrum, bins 0 … `bins`.
void transform_short_low(int at, int bins, float *re, float *im) {
  float energy;
  transform_short(at, &energy);
  transform_low(SIZE, bins, re, im);
}

static f32x4 decibels_of(f32x4 powers) { return DECIBELS_PER_OCTAVE * log2_of(larger(splat(POWER_FLOOR), powers)); }

static void analyze_bands(void) {
  const filter_bank bank = {htk_first, htk_offset, htk_weights};
  f32x4 loudness = splat(0);
  f32x4 cepstrum[CEPSTRUM] = {splat(0), splat(0), splat(0), splat(0)};
  for (int band = 0; band < BANDS_IN_FOURS; band += 4) {
    f32x4 bands = four_bands(bank, power, band);
    f32x4 heard = larger(splat(BAND_FLOOR), bands) * load(sensitivity + band);
    // Behind the last band nothing is heard, which has no logarithm.
    i32x4 real = heard > splat(0);
    loudness += keep(exp2_of(COMPRESSION * log2_of(larger(splat(1e-37f), heard))), real);
    f32x4 logs = LN_2 * log2_of(larger(splat(1), bands * HTK_SCALE));
    for (int c = 0; c < CEPSTRUM; c++) cepstrum[c] += logs * load(cepstrum_cosines + c * BANDS_IN_FOURS + band);
  }
  short_values[1] = sum_of(loudness) / BANDS;
  for (int c = 0; c < CEPSTRUM; c++) short_values[7 + c] = sum_of(cepstrum[c]);
}

static void analyze_shape(void) {
  f32x4 low = splat(0), high = splat(0), low_peak = splat(0), high_peak = splat(0), change = splat(0);
  for (int bin = 0; bin < BIN_5000_HZ; bin += 4) {
    f32x4 value = load(power + bin);
    if (bin < BIN_1000_HZ) low += value;
    else high += value;
    if (bin < BIN_2000_HZ) low_peak = larger(low_peak, value);
    else high_peak = larger(high_peak, value);
    f32x4 magnitude = square_root(value);
    f32x4 difference = magnitude - load(flux_magnitudes + bin);
    change += difference * difference;
    store(flux_magnitudes + bin, magnitude);
  }
  const float last = power[BIN_5000_HZ];
  const float high_top = highest_of(high_peak);
  f32x4 levels = decibels_of((f32x4){sum_of(high) + last, sum_of(low), highest_of(low_peak), high_top > last ? high_top : last});
  f32x4 slope_low = splat(0), slope_high = splat(0);
  for (int bin = 0; bin < SLOPE_BINS; bin += 4) {
    f32x4 decibels = decibels_of(load(power + bin));
    slope_low += decibels * load(slope_low_weights + bin);
    slope_high += decibels * load(slope_high_weights + bin);
  }
  short_values[2] = levels[0] - levels[1];
  short_values[3] = levels[2] - levels[3];
  short_values[4] = sum_of(slope_low);
  short_values[5] = sum_of(slope_high);
  short_values[6] = __builtin_sqrtf(sum_of(change) / BIN_5000_HZ);
}

// Measures the 320 samples from `at` on.
EXPORT void analyze_short(int at) {
  float energy;
  transform_short(at, &energy);
  transform_power(SIZE);
  short_values[0] = energy / FRAME_SAMPLES;
  analyze_bands();
  analyze_shape();
}
