// Frames of 60 ms: magnitudes, and the peaks of their subharmonic sum (Hermes 1988).
#include "fft.h"

#define SIZE 1024
#define FRAME_SAMPLES 960
#define BINS (SIZE / 2 + 1)
#define POINTS BINS
#define HARMONICS 15
#define PEAKS 6
#define PARTS 4
#define PART 128  // bins of a part of the spline
#define SETTLE 24 // bins after which an unknown start no longer matters

extern float samples[];

EXPORT VECTOR_ALIGNED float long_window[FRAME_SAMPLES];
// The spline's equations, by bin from -SETTLE on; zeros outside 1 … 511.
EXPORT float spline_pivot[PART * PARTS + 2 * SETTLE], spline_down[PART * PARTS + 2 * SETTLE],
    spline_up[PART * PARTS + 2 * SETTLE];
// By bin: six over the distance to the next bin.
EXPORT VECTOR_ALIGNED float slope_scale[BINS + 3];
// By point: the bin to its left, and the weights of that bin's value and curvature, and of the next bin's.
EXPORT int octave_bin[POINTS + 3];
EXPORT VECTOR_ALIGNED float octave_weights[4 * (POINTS + 3)];
EXPORT VECTOR_ALIGNED float hearing[POINTS + 3];
EXPORT int harmonic_shift[HARMONICS];
EXPORT float harmonic_weight[HARMONICS];

EXPORT VECTOR_ALIGNED float magnitudes[BINS + 3];
// Zeros stand before the first bin and behind the last one.
static VECTOR_ALIGNED float padded[4 + BINS + 7];
static VECTOR_ALIGNED float kept[4 + BINS + 7];
static VECTOR_ALIGNED float smoothed[BINS + 7];
// By bin from -SETTLE on.
static VECTOR_ALIGNED float bend[PART * PARTS + 2 * SETTLE];
// A bin's value and curvature.
static VECTOR_ALIGNED float knots[2 * (BINS + 3)];
// The octave spectrum, and zeros behind it that shifted copies reach.
static VECTOR_ALIGNED float octaves[2 * POINTS + 16];
EXPORT VECTOR_ALIGNED float subharmonic_sum[POINTS + 3];
// Point, sum there, before it and behind it, of the highest peaks, highest first. At last the sum over all points.
EXPORT float peaks[4 * PEAKS + 1];

static inline i32x4 mask_at(const int *at) { return (i32x4)wasm_v128_load(at); }

// Keeps the bins around the peaks, before the first peak and behind the last one.
static void enhance(void) {
  static VECTOR_ALIGNED int is_peak[4 + BINS + 7];
  const float *values = padded + 4;
  int *marks = is_peak + 4;
  const int last = BINS - 1;
  for (int bin = 0; bin < BINS; bin += 4) {
    i32x4 rises = load(values + bin) > load(values + bin - 1);
    wasm_v128_store(marks + bin, (v128_t)(rises & (load(values + bin) >= load(values + bin + 1))));
  }
  // The first bin needs nothing before it, and the last one nothing behind it.
  marks[0] = values[0] >= values[1] ? -1 : 0;
  marks[last] = values[last] > values[last - 1] ? -1 : 0;
  for (int bin = BINS; bin < BINS + 3; bin++) marks[bin] = 0;
  int first_peak = 0, last_peak = last;
  while (first_peak < last && marks[first_peak] == 0) first_peak++;
  while (last_peak > 0 && marks[last_peak] == 0) last_peak--;
  for (int bin = 0; bin < BINS; bin += 4) {
    i32x4 near = mask_at(marks + bin - 2) | mask_at(marks + bin - 1) | mask_at(marks + bin) | mask_at(marks + bin + 1) |
                 mask_at(marks + bin + 2);
    store(kept + 4 + bin, keep(load(values + bin), near));
  }
  for (int bin = 0; bin < first_peak; bin++) kept[4 + bin] = values[bin];
  for (int bin = last_peak; bin < BINS; bin++) kept[4 + bin] = values[bin];
}

// Weights 1 : 2 : 1. Before the first bin is 0, and the last bin stays unchanged.
static void smooth(void) {
  const float *values = kept + 4;
  for (int bin = 0; bin < BINS - 1; bin += 4) {
    store(smoothed + bin, 0.25f * (load(values + bin - 1) + load(values + bin + 1)) + 0.5f * load(values + bin));
  }
  smoothed[BINS - 1] = values[BINS - 1];
}

// Four bins of the four parts become four vectors of one bin each.
static inline void load_parts(const float *at, f32x4 v[PARTS]) {
  for (int part = 0; part < PARTS; part++) v[part] = load(at + part * PART);
  transpose(&v[0], &v[1], &v[2], &v[3]);
}

// Second derivatives of the natural cubic spline through the bins: a tridiagonal system. Both passes run over four parts
// of the spectrum at once. Each part starts SETTLE bins early from zero: what was before it counts no more by then.
static void fit_spline(void) {
  static VECTOR_ALIGNED f32x4 solved[PART + 2 * SETTLE];
  float *right = bend + SETTLE;
  for (int bin = 1; bin < BINS - 1; bin += 4) {
    f32x4 after = (load(smoothed + bin + 1) - load(smoothed + bin)) * load(slope_scale + bin);
    f32x4 before = (load(smoothed + bin) - load(smoothed + bin - 1)) * load(slope_scale + bin - 1);
    store(right + bin, (after - before) * load(spline_pivot + SETTLE + bin));
  }
  right[0] = 0;
  right[BINS - 1] = 0;
  f32x4 curvature = splat(0);
  for (int i = 0; i < PART + 2 * SETTLE; i += 4) {
    f32x4 value[PARTS], down[PARTS];
    load_parts(bend + i, value);
    load_parts(spline_down + i, down);
    for (int j = 0; j < 4; j++) solved[i + j] = curvature = value[j] - down[j] * curvature;
  }
  curvature = splat(0);
  for (int i = PART + 2 * SETTLE - 4; i >= SETTLE; i -= 4) {
    f32x4 up[PARTS], row[PARTS];
    load_parts(spline_up + i, up);
    for (int j = 3; j >= 0; j--) row[j] = curvature = solved[i + j] - up[j] * curvature;
    if (i >= SETTLE + PART) continue;
    transpose(&row[0], &row[1], &row[2], &row[3]);
    for (int part = 0; part < PARTS; part++) {
      const int bin = part * PART + i - SETTLE;
      f32x4 value = load(smoothed + bin);
      store(knots + 2 * bin, __builtin_shufflevector(value, row[part], 0, 4, 1, 5));
      store(knots + 2 * bin + 4, __builtin_shufflevector(value, row[part], 2, 6, 3, 7));
    }
  }
  knots[2 * (BINS - 1)] = smoothed[BINS - 1];
  knots[2 * (BINS - 1) + 1] = 0;
}

static void draw_over_octaves(void) {
  for (int point = 0; point < POINTS; point += 4) {
    f32x4 weighted[4];
    for (int p = 0; p < 4; p++) {
      weighted[p] = load(knots + 2 * octave_bin[point + p]) * load(octave_weights + 4 * (point + p));
    }
    f32x4 value = sums_of(weighted[0], weighted[1], weighted[2], weighted[3]);
    store(octaves + point, larger(splat(0), value) * load(hearing + point));
  }
}

static void sum_subharmonics(void) {
  f32x4 total = splat(0);
  for (int point = 0; point < POINTS - 1; point += 16) {
    f32x4 a = splat(0), b = a, c = a, d = a;
    for (int h = 0; h < HARMONICS; h++) {
      const float *from = octaves + point + harmonic_shift[h];
      const f32x4 weight = load_splat(harmonic_weight + h);
      a += weight * load(from);
      b += weight * load(from + 4);
      c += weight * load(from + 8);
      d += weight * load(from + 12);
    }
    store(subharmonic_sum + point, a);
    store(subharmonic_sum + point + 4, b);
    store(subharmonic_sum + point + 8, c);
    store(subharmonic_sum + point + 12, d);
    total += (a + b) + (c + d);
  }
  // Only the fundamental's own copy reaches the last point.
  subharmonic_sum[POINTS - 1] = harmonic_weight[0] * octaves[POINTS - 1];
  peaks[4 * PEAKS] = sum_of(total) + subharmonic_sum[POINTS - 1];
}

static int insert_peak(int count, int point) {
  const float top = subharmonic_sum[point];
  int rank = count;
  while (rank > 0 && top > peaks[4 * (rank - 1) + 1]) rank--;
  if (rank == PEAKS) return count;
  if (count < PEAKS) count++;
  for (int i = 4 * count - 1; i >= 4 * (rank + 1); i--) peaks[i] = peaks[i - 4];
  peaks[4 * rank] = (float)point;
  peaks[4 * rank + 1] = top;
  peaks[4 * rank + 2] = subharmonic_sum[point - 1];
  peaks[4 * rank + 3] = subharmonic_sum[point + 1];
  return count;
}

static int find_peaks(void) {
  int count = 0;
  for (int point = 1; point < POINTS - 1; point += 4) {
    f32x4 top = load(subharmonic_sum + point);
    i32x4 higher = (top > load(subharmonic_sum + point - 1)) & (top > load(subharmonic_sum + point + 1));
    unsigned mask = wasm_i32x4_bitmask((v128_t)higher);
    for (; mask != 0; mask &= mask - 1) {
      const int found = point + __builtin_ctz(mask);
      if (found < POINTS - 1) count = insert_peak(count, found);
    }
  }
  return count;
}

// Transforms the 960 samples from `at` on into `magnitudes`. Returns the windowed samples' energy.
EXPORT float transform_long(int at) {
  float energy = window_pairs(0, samples + at, long_window, FRAME_SAMPLES);
  clear_pairs(FRAME_SAMPLES / 2, SIZE / 2);
  transform_magnitudes(SIZE, magnitudes);
  return energy;
}

// Finds the peaks of the subharmonic sum of `magnitudes`. Returns how many there are, at most six.
EXPORT int find_subharmonic_peaks(void) {
  for (int bin = 0; bin < BINS - 1; bin += 4) store(padded + 4 + bin, load(magnitudes + bin));
  padded[4 + BINS - 1] = magnitudes[BINS - 1];
  enhance();
  smooth();
  fit_spline();
  draw_over_octaves();
  sum_subharmonics();
  return find_peaks();
}

EXPORT VECTOR_ALIGNED float correlation[BINS + 3];

// The autocorrelation of the frame with these `magnitudes`, lags 0 … 512.
EXPORT void correlate_magnitudes(void) {
  const int half = SIZE / 4;
  for (int k = 0; k < half; k += 4) {
    f32x4 first = load(magnitudes + 2 * k), second = load(magnitudes + 2 * k + 4);
    first *= first;
    second *= second;
    f32x4 even = __builtin_shufflevector(first, second, 0, 2, 4, 6);
    f32x4 odd = __builtin_shufflevector(first, second, 1, 3, 5, 7);
    store(pairs_re + k, even);
    store(pairs_im + k, odd);
    // The power spectrum, mirrored: sample n is bin 1024 - n from 512 on.
    store(pairs_im + 2 * half - k - 4, reversed(odd));
    if (k > 0) store(pairs_re + 2 * half - k - 3, reversed(even));
    else for (int i = 1; i < 4; i++) pairs_re[2 * half - i] = even[i];
  }
  pairs_re[half] = magnitudes[2 * half] * magnitudes[2 * half];
  transform_real(SIZE, correlation);
}
