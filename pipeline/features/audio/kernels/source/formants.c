// Linear prediction of order 11 at 11 kHz, and the roots of its polynomial.
#include "fft.h"

#define ORDER 11
#define ROOTS 11
#define RESTS 11
#define COLUMNS 12 // a row's rests, and a zero
#define SHORT_PERIOD 32
#define BINS_A_REST 10
#define KEPT_SAMPLES 220
#define MOST_ITERATIONS 60
#define TOLERANCE 1e-6

void transform_short_low(int at, int bins, float *re, float *im);

// A row of `BINS_A_REST` per sample of the first half of the short period, and one for its middle.
EXPORT float inner_cosines[(SHORT_PERIOD / 2 + 1) * BINS_A_REST], inner_sines[(SHORT_PERIOD / 2 + 1) * BINS_A_REST];
// A row of `COLUMNS` per sample.
EXPORT VECTOR_ALIGNED float outer_cosines[KEPT_SAMPLES * COLUMNS], outer_sines[KEPT_SAMPLES * COLUMNS];
EXPORT VECTOR_ALIGNED double root_starts_re[ROOTS + 1], root_starts_im[ROOTS + 1];

static VECTOR_ALIGNED float low_re[RESTS * BINS_A_REST + 6], low_im[RESTS * BINS_A_REST + 6];
static VECTOR_ALIGNED float sums_re[SHORT_PERIOD * COLUMNS], sums_im[SHORT_PERIOD * COLUMNS];
static VECTOR_ALIGNED double resampled[KEPT_SAMPLES + COLUMNS + 2];
static double predictor[ORDER + 1];
// The last one repeats the root before it.
EXPORT VECTOR_ALIGNED double roots_re[ROOTS + 1], roots_im[ROOTS + 1];

// The inverse transform at the new rate, in two steps: over the bins that leave the same rest when divided by RESTS,
// whose sum repeats every SHORT_PERIOD samples, then over the rests.
static void resample(void) {
  for (int n = 0; n <= SHORT_PERIOD / 2; n++) {
    const int mirrored = (SHORT_PERIOD - n) % SHORT_PERIOD;
    for (int rest = 0; rest < COLUMNS; rest += 4) {
      f32x4 re_cosine = splat(0), re_sine = splat(0), im_cosine = splat(0), im_sine = splat(0);
      for (int k = 0; k < BINS_A_REST; k++) {
        const f32x4 cosine = load_splat(inner_cosines + n * BINS_A_REST + k);
        const f32x4 sine = load_splat(inner_sines + n * BINS_A_REST + k);
        const f32x4 re = load(low_re + k * RESTS + rest), im = load(low_im + k * RESTS + rest);
        re_cosine += re * cosine;
        re_sine += re * sine;
        im_cosine += im * cosine;
        im_sine += im * sine;
      }
      store(sums_re + mirrored * COLUMNS + rest, re_cosine + im_sine);
      store(sums_im + mirrored * COLUMNS + rest, im_cosine - re_sine);
      store(sums_re + n * COLUMNS + rest, re_cosine - im_sine);
      store(sums_im + n * COLUMNS + rest, im_cosine + re_sine);
    }
  }
  for (int m = 0; m < KEPT_SAMPLES; m += 4) {
    f32x4 sums[4];
    for (int i = 0; i < 4; i++) {
      const int row = (m + i) * COLUMNS, from = (m + i) % SHORT_PERIOD * COLUMNS;
      f32x4 sum = splat(0);
      for (int rest = 0; rest < COLUMNS; rest += 4) {
        sum += load(sums_re + from + rest) * load(outer_cosines + row + rest);
        sum -= load(sums_im + from + rest) * load(outer_sines + row + rest);
      }
      sums[i] = sum;
    }
    f32x4 samples = sums_of(sums[0], sums[1], sums[2], sums[3]);
    store_doubles(resampled + m, (f64x2){samples[0], samples[1]});
    store_doubles(resampled + m + 2, (f64x2){samples[2], samples[3]});
  }
}

// The samples end in zeros, which the lags read.
static void correlate(double correlation[ORDER + 1]) {
  for (int lag = 0; lag <= ORDER; lag += 4) {
    f64x2 sums[4] = {splat_double(0), splat_double(0), splat_double(0), splat_double(0)};
    for (int m = 0; m < KEPT_SAMPLES; m += 2) {
      const f64x2 sample = load_doubles(resampled + m);
      for (int i = 0; i < 4; i++) sums[i] += sample * load_doubles(resampled + m + lag + i);
    }
    for (int i = 0; i < 4; i++) correlation[lag + i] = sum_of_doubles(sums[i]);
  }
}

// Levinson-Durbin recursion. Zero when the frame has no energy to predict.
static int predict(const double r[ORDER + 1]) {
  double before[ORDER + 1];
  double error = r[0];
  for (int i = 1; i <= ORDER; i++) predictor[i] = 0;
  predictor[0] = 1;
  for (int order = 1; order <= ORDER; order++) {
    if (!(error > 1e-36)) return 0;
    double sum = r[order];
    for (int i = 1; i < order; i++) sum += predictor[i] * r[order - i];
    const double reflection = -sum / error;
    for (int i = 1; i < order; i++) before[i] = predictor[i];
    for (int i = 1; i < order; i++) predictor[i] += reflection * before[order - i];
    predictor[order] = reflection;
    error *= 1 - reflection * reflection;
  }
  return 1;
}

// One Newton step of two roots, corrected for the pull of the others (Aberth 1973). Returns the steps' squared lengths.
static f64x2 improve(const double *coefficients, int i) {
  const f64x2 x = load_doubles(roots_re + i), y = load_doubles(roots_im + i);
  // Division by the quadratic with the roots x + iy and x - iy, twice. The rests give the value and the slope.
  const f64x2 twice = x + x, square = x * x + y * y;
  f64x2 b[ROOTS], c[ROOTS - 2];
  b[0] = splat_double(coefficients[0]);
  b[1] = splat_double(coefficients[1]) + twice * b[0];
  for (int k = 2; k < ROOTS; k++) b[k] = splat_double(coefficients[k]) + twice * b[k - 1] - square * b[k - 2];
  c[0] = b[0];
  c[1] = b[1] + twice * c[0];
  for (int k = 2; k < ROOTS - 2; k++) c[k] = b[k] + twice * c[k - 1] - square * c[k - 2];
  const f64x2 value_re = splat_double(coefficients[ROOTS]) - square * b[ROOTS - 2] + x * b[ROOTS - 1];
  const f64x2 value_im = y * b[ROOTS - 1];
  const f64x2 quotient_re = b[ROOTS - 2] - square * c[ROOTS - 4] + x * c[ROOTS - 3];
  const f64x2 quotient_im = y * c[ROOTS - 3];
  const f64x2 slope_re = b[ROOTS - 1] - (y + y) * quotient_im, slope_im = (y + y) * quotient_re;
  const f64x2 value_square = value_re * value_re + value_im * value_im;
  f64x2 pull_re = (slope_re * value_re + slope_im * value_im) / value_square;
  f64x2 pull_im = (slope_im * value_re - slope_re * value_im) / value_square;
  // A root's distance to itself is zero, and so is its pull.
  for (int j = 0; j < ROOTS; j++) {
    const f64x2 dx = x - splat_double(roots_re[j]), dy = y - splat_double(roots_im[j]);
    const f64x2 inverse = splat_double(1) / (dx * dx + dy * dy + splat_double(1e-300));
    pull_re -= dx * inverse;
    pull_im += dy * inverse;
  }
  const f64x2 pull_square = pull_re * pull_re + pull_im * pull_im + splat_double(1e-300);
  f64x2 step_re = pull_re / pull_square, step_im = -pull_im / pull_square;
  // Where the value is zero, the root is found.
  for (int lane = 0; lane < 2; lane++) {
    if (value_square[lane] < 1e-300) step_re[lane] = step_im[lane] = 0;
  }
  store_doubles(roots_re + i, x - step_re);
  store_doubles(roots_im + i, y - step_im);
  return step_re * step_re + step_im * step_im;
}

static void find_roots(const double *coefficients) {
  char found[ROOTS + 1] = {0};
  int left = (ROOTS + 1) / 2;
  for (int i = 0; i <= ROOTS; i++) {
    roots_re[i] = root_starts_re[i];
    roots_im[i] = root_starts_im[i];
  }
  for (int iteration = 0; iteration < MOST_ITERATIONS && left > 0; iteration++) {
    for (int i = 0; i < ROOTS; i += 2) {
      if (found[i]) continue;
      f64x2 step = improve(coefficients, i);
      if (step[0] >= TOLERANCE * TOLERANCE || step[1] >= TOLERANCE * TOLERANCE) continue;
      found[i] = 1;
      left--;
    }
  }
}

// Finds the roots for the 320 samples from `at` on. Zero when the frame has no energy to predict.
EXPORT int find_formant_roots(int at) {
  double correlation[ORDER + 1], coefficients[ORDER + 1];
  transform_short_low(at, RESTS * BINS_A_REST + 2, low_re, low_im);
  resample();
  correlate(correlation);
  if (!predict(correlation)) return 0;
  coefficients[0] = 1;
  for (int i = 1; i <= ORDER; i++) coefficients[i] = -predictor[i];
  find_roots(coefficients);
  return 1;
}
