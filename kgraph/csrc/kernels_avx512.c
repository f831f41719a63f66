/* The kernels for processors with AVX-512 F, VL, DQ and BW. */
#include "isa.h"
#include "kinds/common.h"

#if KG_X86
/* System headers stand above: what they declare must not change with the target. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx2,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx2,bmi2,prefer-vector-width=512")
#endif

#define KG_TABLE kg_kernels_avx512
#define KG_VECTOR_BYTES 64
#include "kernels.h"

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
