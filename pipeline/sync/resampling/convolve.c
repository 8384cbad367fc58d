// Samples of a track at another rate. No library is linked in: the table comes from the host.
#include <wasm_simd128.h>

typedef float f32x4 __attribute__((vector_size(16)));

static inline f32x4 load(const float *at) { return (f32x4)wasm_v128_load(at); }

// Writes `count` samples. Each is the sum of `taps` samples from `input` on, weighted by the row of the table for its
// phase. `taps` is a multiple of four. From one sample to the next, the phase grows by `step`; every `phases` of it, the
// input moves on by one.
__attribute__((visibility("default"), used)) void convolve(const float *table, const float *input, float *output, int taps,
                                                           int phases, int step, int phase, int count) {
  for (int i = 0; i < count; i++) {
    const float *row = table + phase * taps;
    f32x4 even = {0, 0, 0, 0};
    f32x4 odd = even;
    int tap = 0;
    for (; tap + 8 <= taps; tap += 8) {
      even += load(row + tap) * load(input + tap);
      odd += load(row + tap + 4) * load(input + tap + 4);
    }
    if (tap < taps) even += load(row + tap) * load(input + tap);
    f32x4 sum = even + odd;
    output[i] = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    phase += step;
    input += phase / phases;
    phase %= phases;
  }
}
