// Where the host puts the samples that the kernels read.
#include "simd.h"

#define MOST_SAMPLES 45056

EXPORT VECTOR_ALIGNED float samples[MOST_SAMPLES];
