// Four floats or two doubles at a time, and what all kernels share. No library is linked in: the tables of sines,
// windows and filters come from the host.
#pragma once
#include <wasm_simd128.h>

typedef float f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));
typedef int i32x4 __attribute__((vector_size(16)));

#define VECTOR_ALIGNED __attribute__((aligned(16)))
// Names that the host uses. Of a variable it gets the address.
#define EXPORT __attribute__((visibility("default"), used))

static inline f32x4 load(const float *at) { return (f32x4)wasm_v128_load(at); }
static inline void store(float *at, f32x4 value) { wasm_v128_store(at, (v128_t)value); }
static inline f32x4 load_splat(const float *at) { return (f32x4)wasm_v128_load32_splat(at); }
static inline f64x2 load_doubles(const double *at) { return (f64x2)wasm_v128_load(at); }
static inline void store_doubles(double *at, f64x2 value) { wasm_v128_store(at, (v128_t)value); }
static inline f32x4 splat(float value) { return (f32x4){value, value, value, value}; }
static inline f64x2 splat_double(double value) { return (f64x2){value, value}; }
static inline f32x4 larger(f32x4 a, f32x4 b) { return (f32x4)wasm_f32x4_pmax((v128_t)a, (v128_t)b); }
static inline f32x4 square_root(f32x4 value) { return (f32x4)wasm_f32x4_sqrt((v128_t)value); }
static inline f32x4 reversed(f32x4 value) { return __builtin_shufflevector(value, value, 3, 2, 1, 0); }
static inline float sum_of(f32x4 value) { return (value[0] + value[2]) + (value[1] + value[3]); }
static inline double sum_of_doubles(f64x2 value) { return value[0] + value[1]; }

static inline float highest_of(f32x4 value) {
  f32x4 half = larger(value, __builtin_shufflevector(value, value, 2, 3, 0, 1));
  return half[0] > half[1] ? half[0] : half[1];
}

// Keeps the lanes where `mask` is set, and makes the others zero.
static inline f32x4 keep(f32x4 value, i32x4 mask) { return (f32x4)((i32x4)value & mask); }

// Samples that nobody hears count as zero: arithmetic on numbers this small would be many times slower.
static inline f32x4 audible(f32x4 samples) {
  f32x4 magnitudes = (f32x4)wasm_f32x4_abs((v128_t)samples);
  return keep(samples, magnitudes > splat(1e-12f));
}

// Rows become columns.
static inline void transpose(f32x4 *a, f32x4 *b, f32x4 *c, f32x4 *d) {
  f32x4 ab_low = __builtin_shufflevector(*a, *b, 0, 4, 1, 5);
  f32x4 ab_high = __builtin_shufflevector(*a, *b, 2, 6, 3, 7);
  f32x4 cd_low = __builtin_shufflevector(*c, *d, 0, 4, 1, 5);
  f32x4 cd_high = __builtin_shufflevector(*c, *d, 2, 6, 3, 7);
  *a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

// The sum of each of the four.
static inline f32x4 sums_of(f32x4 a, f32x4 b, f32x4 c, f32x4 d) {
  transpose(&a, &b, &c, &d);
  return (a + b) + (c + d);
}

// Binary logarithm of normal, positive numbers, off by no more than 2e-7 of it or 1e-7. Chebyshev's fit.
static inline f32x4 log2_of(f32x4 x) {
  i32x4 bits = (i32x4)x;
  i32x4 exponent = (bits - 0x3f3504f3) >> 23;
  f32x4 f = (f32x4)(bits - (exponent << 23)) - 1.0f;
  f32x4 p = f * 7.149753893e-2f - 1.157120072e-1f;
  p = p * f + 1.166151106e-1f;
  p = p * f - 1.241105069e-1f;
  p = p * f + 1.424993653e-1f;
  p = p * f - 1.666848024e-1f;
  p = p * f + 2.000070748e-1f;
  p = p * f - 2.499998905e-1f;
  p = p * f + 3.333333119e-1f;
  f32x4 square = f * f;
  f32x4 natural = f + (p * f * square - 0.5f * square);
  return __builtin_convertvector(exponent, f32x4) + natural * 1.44269504f;
}

// Two to the power of numbers from -126 to 127, off by no more than 2e-7 of it. Chebyshev's fit.
static inline f32x4 exp2_of(f32x4 x) {
  f32x4 whole = (f32x4)wasm_f32x4_nearest((v128_t)x);
  f32x4 f = x - whole;
  f32x4 p = f * 1.546144746e-4f + 1.339086735e-3f;
  p = p * f + 9.61805667e-3f;
  p = p * f + 5.550357104e-2f;
  p = p * f + 2.402265092e-1f;
  p = p * f + 6.931471880e-1f;
  p = p * f + 1.0f;
  return (f32x4)((i32x4)p + (__builtin_convertvector(whole, i32x4) << 23));
}

#define DECIBELS_PER_OCTAVE 3.01029996f // of power: ten times the decimal logarithm of two
#define LN_2 0.69314718f
#define LOG10_2 0.30103000f
