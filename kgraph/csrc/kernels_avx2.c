/* The kernels for processors with AVX2 and FMA. */
#include "isa.h"
#include "kinds/common.h"

#if KG_X86
/* System headers stand above: what they declare must not change with the target. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi2")
#endif

#define KG_TABLE kg_kernels_avx2
#define KG_VECTOR_BYTES 32
#include "kernels.h"

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
