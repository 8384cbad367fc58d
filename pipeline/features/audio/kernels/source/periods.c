// The lag at which samples most resemble the samples after them.
#include "simd.h"

#define LONGEST_PERIOD 480
#define ROUNDING 1e-12 // samples whose variance is below this share of their energy are constant
#define SPARE 16

extern float samples[];

static VECTOR_ALIGNED double values[2 * LONGEST_PERIOD + SPARE];
// Running sums of the samples and of their squares, before each sample.
static double sums[2 * LONGEST_PERIOD + SPARE], squares[2 * LONGEST_PERIOD + SPARE];

// Lag in whole samples, its length refined by a parabola, the correlation at that length, and the distance of the highest
// from the lowest sample in the period and in the next one.
EXPORT double period_values[5];

static void accumulate(int at, int count) {
  double sum = 0, square = 0;
  for (int n = 0; n < count; n++) {
    const double sample = samples[at + n];
    values[n] = sample;
    sum += sample;
    square += sample * sample;
    sums[n + 1] = sum;
    squares[n + 1] = square;
  }
}

// Pearson correlation of `lag` samples with the next `lag`; 0 where either is constant.
static double correlate(int lag) {
  f64x2 a = splat_double(0), b = a, c = a, d = a;
  int n = 0;
  for (; n + 8 <= lag; n += 8) {
    a += load_doubles(values + n) * load_doubles(values + n + lag);
    b += load_doubles(values + n + 2) * load_doubles(values + n + lag + 2);
    c += load_doubles(values + n + 4) * load_doubles(values + n + lag + 4);
    d += load_doubles(values + n + 6) * load_doubles(values + n + lag + 6);
  }
  double product = sum_of_doubles((a + b) + (c + d));
  for (; n < lag; n++) product += values[n] * values[n + lag];
  const double sum_a = sums[lag], sum_b = sums[2 * lag] - sum_a;
  const double square_a = squares[lag], square_b = squares[2 * lag] - square_a;
  const double spread_a = square_a - sum_a * sum_a / lag, spread_b = square_b - sum_b * sum_b / lag;
  if (spread_a <= ROUNDING * square_a || spread_b <= ROUNDING * square_b) return 0;
  return (product - sum_a * sum_b / lag) / __builtin_sqrt(spread_a * spread_b);
}

// Without the first and the last sample.
static double peak_to_peak(int at, int length) {
  double low = values[at + 1], high = low;
  for (int n = at + 2; n < at + length - 1; n++) {
    if (values[n] < low) low = values[n];
    else if (values[n] > high) high = values[n];
  }
  return high - low;
}

// Zero if the correlation of the samples from `at` on has no local maximum strictly between the two lags.
EXPORT int match_period(int at, int shortest, int longest) {
  accumulate(at, 2 * longest);
  int found = 0;
  double before = correlate(shortest), here = correlate(shortest + 1), highest = -2;
  for (int lag = shortest + 1; lag < longest; lag++) {
    const double after = correlate(lag + 1);
    if (here > before && here >= after && here > highest) {
      found = lag;
      highest = here;
      const double offset = 0.5 * (before - after) / (before - 2 * here + after);
      period_values[1] = lag + offset;
      period_values[2] = here - 0.25 * (before - after) * offset;
    }
    before = here;
    here = after;
  }
  if (found == 0) return 0;
  period_values[0] = found;
  period_values[3] = peak_to_peak(0, found);
  period_values[4] = peak_to_peak(found, found);
  return 1;
}
