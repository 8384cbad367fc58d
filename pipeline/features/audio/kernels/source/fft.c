#include "fft.h"

VECTOR_ALIGNED float pairs_re[MOST_PAIRS], pairs_im[MOST_PAIRS];
VECTOR_ALIGNED float power[MOST_PAIRS + 5];
static VECTOR_ALIGNED float other_re[MOST_PAIRS], other_im[MOST_PAIRS];

// Per size: cosines and sines of the first stage (six rows), then six values for each step of the other stages.
EXPORT VECTOR_ALIGNED float twiddles_512[512], twiddles_1024[1024], twiddles_2048[2048];
// Per size: cosines, then sines that rotate the odd samples' part, for the bins from 1 to size / 4.
EXPORT VECTOR_ALIGNED float split_512[256], split_1024[512], split_2048[1024];

float window_pairs(int at, const float *samples, const float *window, int count) {
  f32x4 energy = splat(0);
  for (int n = 0; n < count; n += 8, at += 4) {
    f32x4 first = audible(load(samples + n)) * load(window + n);
    f32x4 second = audible(load(samples + n + 4)) * load(window + n + 4);
    energy += first * first + second * second;
    store(pairs_re + at, __builtin_shufflevector(first, second, 0, 2, 4, 6));
    store(pairs_im + at, __builtin_shufflevector(first, second, 1, 3, 5, 7));
  }
  return sum_of(energy);
}

float window_pairs_energy_before(int at, const float *samples, const float *window, int count) {
  f32x4 energy = splat(0);
  for (int n = 0; n < count; n += 8, at += 4) {
    f32x4 first = audible(load(samples + n));
    f32x4 second = audible(load(samples + n + 4));
    energy += first * first + second * second;
    first *= load(window + n);
    second *= load(window + n + 4);
    store(pairs_re + at, __builtin_shufflevector(first, second, 0, 2, 4, 6));
    store(pairs_im + at, __builtin_shufflevector(first, second, 1, 3, 5, 7));
  }
  return sum_of(energy);
}

void clear_pairs(int from, int to) {
  for (int at = from; at < to; at += 4) {
    store(pairs_re + at, splat(0));
    store(pairs_im + at, splat(0));
  }
}

typedef struct { f32x4 re, im; } complex4;

static inline complex4 at_pair(const float *re, const float *im, int at) {
  return (complex4){load(re + at), load(im + at)};
}
static inline void put_pair(float *re, float *im, int at, complex4 z) {
  store(re + at, z.re);
  store(im + at, z.im);
}
static inline complex4 add(complex4 a, complex4 b) { return (complex4){a.re + b.re, a.im + b.im}; }
static inline complex4 subtract(complex4 a, complex4 b) { return (complex4){a.re - b.re, a.im - b.im}; }
static inline complex4 turn(complex4 a, f32x4 cosine, f32x4 sine) {
  return (complex4){a.re * cosine - a.im * sine, a.re * sine + a.im * cosine};
}

typedef struct { complex4 y0, y1, y2, y3; } four;

// A transform of four.
static inline four butterfly(complex4 a, complex4 b, complex4 c, complex4 d) {
  complex4 even = add(a, c), even_difference = subtract(a, c);
  complex4 odd = add(b, d), odd_difference = subtract(b, d);
  complex4 turned = {-odd_difference.im, odd_difference.re};
  return (four){add(even, odd), subtract(even_difference, turned), subtract(even, odd), add(even_difference, turned)};
}

// Stockham's stages of radix 4, decimation in frequency: the result needs no reordering.
static void first_stage(int count, const float *w) {
  const int quarter = count / 4;
  for (int p = 0; p < quarter; p += 4) {
    four y = butterfly(at_pair(pairs_re, pairs_im, p), at_pair(pairs_re, pairs_im, p + quarter),
                       at_pair(pairs_re, pairs_im, p + 2 * quarter), at_pair(pairs_re, pairs_im, p + 3 * quarter));
    y.y1 = turn(y.y1, load(w + p), load(w + quarter + p));
    y.y2 = turn(y.y2, load(w + 2 * quarter + p), load(w + 3 * quarter + p));
    y.y3 = turn(y.y3, load(w + 4 * quarter + p), load(w + 5 * quarter + p));
    transpose(&y.y0.re, &y.y1.re, &y.y2.re, &y.y3.re);
    transpose(&y.y0.im, &y.y1.im, &y.y2.im, &y.y3.im);
    put_pair(other_re, other_im, 4 * p, y.y0);
    put_pair(other_re, other_im, 4 * p + 4, y.y1);
    put_pair(other_re, other_im, 4 * p + 8, y.y2);
    put_pair(other_re, other_im, 4 * p + 12, y.y3);
  }
}

static void middle_stage(int steps, int stride, const float *w, const float *xr, const float *xi, float *yr, float *yi) {
  for (int p = 0; p < steps; p++, w += 6) {
    const f32x4 cos1 = load_splat(w), sin1 = load_splat(w + 1), cos2 = load_splat(w + 2), sin2 = load_splat(w + 3),
                cos3 = load_splat(w + 4), sin3 = load_splat(w + 5);
    for (int q = 0; q < stride; q += 4) {
      int from = q + stride * p, to = q + 4 * stride * p;
      four y = butterfly(at_pair(xr, xi, from), at_pair(xr, xi, from + stride * steps),
                         at_pair(xr, xi, from + 2 * stride * steps), at_pair(xr, xi, from + 3 * stride * steps));
      put_pair(yr, yi, to, y.y0);
      put_pair(yr, yi, to + stride, turn(y.y1, cos1, sin1));
      put_pair(yr, yi, to + 2 * stride, turn(y.y2, cos2, sin2));
      put_pair(yr, yi, to + 3 * stride, turn(y.y3, cos3, sin3));
    }
  }
}

static void last_stage_of_four(int stride, const float *xr, const float *xi, float *yr, float *yi) {
  for (int q = 0; q < stride; q += 4) {
    four y = butterfly(at_pair(xr, xi, q), at_pair(xr, xi, q + stride), at_pair(xr, xi, q + 2 * stride),
                       at_pair(xr, xi, q + 3 * stride));
    put_pair(yr, yi, q, y.y0);
    put_pair(yr, yi, q + stride, y.y1);
    put_pair(yr, yi, q + 2 * stride, y.y2);
    put_pair(yr, yi, q + 3 * stride, y.y3);
  }
}

static void last_stage_of_two(int stride, const float *xr, const float *xi, float *yr, float *yi) {
  for (int q = 0; q < stride; q += 4) {
    complex4 a = at_pair(xr, xi, q), b = at_pair(xr, xi, q + stride);
    put_pair(yr, yi, q, add(a, b));
    put_pair(yr, yi, q + stride, subtract(a, b));
  }
}

typedef struct {
  int count; // of pairs
  const float *re, *im;
  const float *cosines, *sines;
} spectrum;

// Transforms the pairs as complex numbers.
static spectrum transform_pairs(int size) {
  const int count = size / 2;
  const float *w = size == 512 ? twiddles_512 : size == 1024 ? twiddles_1024 : twiddles_2048;
  const float *split = size == 512 ? split_512 : size == 1024 ? split_1024 : split_2048;
  float *xr = other_re, *xi = other_im, *yr = pairs_re, *yi = pairs_im;
  first_stage(count, w);
  w += 6 * (count / 4);
  int stride = 4;
  for (int left = count / 4; left > 1; left /= 4, stride *= 4) {
    if (left == 2) last_stage_of_two(stride, xr, xi, yr, yi);
    else if (left == 4) last_stage_of_four(stride, xr, xi, yr, yi);
    else middle_stage(left / 4, stride, w, xr, xi, yr, yi);
    w += 6 * (left / 4);
    float *re = xr, *im = xi;
    xr = yr, xi = yi, yr = re, yi = im;
  }
  return (spectrum){count, xr, xi, split, split + size / 4};
}

typedef struct {
  complex4 bins;   // k … k + 3
  complex4 mirror; // count - k … count - k - 3
} split_bins;

// Four bins of the real frame's spectrum, and the four that mirror them.
static inline split_bins split_at(spectrum s, int k) {
  complex4 low = at_pair(s.re, s.im, k);
  int mirror = s.count - k - 3;
  complex4 high = {reversed(load(s.re + mirror)), reversed(load(s.im + mirror))};
  f32x4 even_re = (low.re + high.re) * 0.5f, even_im = (low.im - high.im) * 0.5f;
  complex4 odd = {(low.im + high.im) * 0.5f, (high.re - low.re) * 0.5f};
  complex4 turned = turn(odd, load(s.cosines + k - 1), load(s.sines + k - 1));
  return (split_bins){{even_re + turned.re, even_im + turned.im}, {even_re - turned.re, turned.im - even_im}};
}

static inline f32x4 square(complex4 z) { return z.re * z.re + z.im * z.im; }

void transform_power(int size) {
  const spectrum s = transform_pairs(size);
  for (int k = 1; k <= s.count / 2; k += 4) {
    split_bins both = split_at(s, k);
    store(power + k, square(both.bins));
    store(power + s.count - k - 3, reversed(square(both.mirror)));
  }
  const float sum = s.re[0] + s.im[0], difference = s.re[0] - s.im[0];
  power[0] = sum * sum;
  power[s.count] = difference * difference;
}

void transform_magnitudes(int size, float *magnitudes) {
  const spectrum s = transform_pairs(size);
  for (int k = 1; k <= s.count / 2; k += 4) {
    split_bins both = split_at(s, k);
    store(magnitudes + k, square_root(square(both.bins)));
    store(magnitudes + s.count - k - 3, reversed(square_root(square(both.mirror))));
  }
  magnitudes[0] = __builtin_fabsf(s.re[0] + s.im[0]);
  magnitudes[s.count] = __builtin_fabsf(s.re[0] - s.im[0]);
}

void transform_real(int size, float *re) {
  const spectrum s = transform_pairs(size);
  for (int k = 1; k <= s.count / 2; k += 4) {
    split_bins both = split_at(s, k);
    store(re + k, both.bins.re);
    store(re + s.count - k - 3, reversed(both.mirror.re));
  }
  re[0] = s.re[0] + s.im[0];
  re[s.count] = s.re[0] - s.im[0];
}

void transform_low(int size, int bins, float *re, float *im) {
  const spectrum s = transform_pairs(size);
  for (int k = 1; k <= bins; k += 4) {
    split_bins both = split_at(s, k);
    store(re + k, both.bins.re);
    store(im + k, both.bins.im);
  }
  re[0] = s.re[0] + s.im[0];
  im[0] = 0;
}
