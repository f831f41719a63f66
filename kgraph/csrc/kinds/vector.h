/*
 * One vector register of floats, per dtype and instruction set: loads and stores of a part of it, and the transposition
 * of a square of them. Arithmetic is the compiler's, on vector types.
 */
#ifndef KG_KINDS_VECTOR_H
#define KG_KINDS_VECTOR_H

#include "template.h"

/* Registers for vectors: what the sizes of blocks kept in them are made from. */
#if KG_VECTOR_BYTES == 64 || defined(__aarch64__)
#define KG_VECTOR_REGISTERS 32
#else
#define KG_VECTOR_REGISTERS 16
#endif

/* Whether a partial load costs no more than a whole one. */
#define KG_CHEAP_PARTS (KG_VECTOR_BYTES == 64)

#if KG_VECTOR_BYTES == 64
#define KG_LOAD_PART_f32(at, count) _mm512_maskz_loadu_ps((__mmask16)((1u << (count)) - 1), at)
#define KG_LOAD_PART_f64(at, count) _mm512_maskz_loadu_pd((__mmask8)((1u << (count)) - 1), at)
#define KG_STORE_PART_f32(at, count, vector) _mm512_mask_storeu_ps(at, (__mmask16)((1u << (count)) - 1), (__m512)(vector))
#define KG_STORE_PART_f64(at, count, vector) _mm512_mask_storeu_pd(at, (__mmask8)((1u << (count)) - 1), (__m512d)(vector))
#elif KG_VECTOR_BYTES == 32
#define KG_MASK_f32(count) \
    _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define KG_MASK_f64(count) _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3))
#define KG_LOAD_PART_f32(at, count) _mm256_maskload_ps(at, KG_MASK_f32(count))
#define KG_LOAD_PART_f64(at, count) _mm256_maskload_pd(at, KG_MASK_f64(count))
#define KG_STORE_PART_f32(at, count, vector) _mm256_maskstore_ps(at, KG_MASK_f32(count), (__m256)(vector))
#define KG_STORE_PART_f64(at, count, vector) _mm256_maskstore_pd(at, KG_MASK_f64(count), (__m256d)(vector))
#endif

/* The vector of E, and how many elements it holds. */
#define VECTOR KG_PASTE(vector, E)
#define LANES ((int64_t)(KG_VECTOR_BYTES / sizeof(TYPE)))

/* Integers as wide as the elements: what a shuffle takes. */
typedef int32_t k_lane_f32;
typedef int64_t k_lane_f64;

#define KIND_TEMPLATE "vector_template.h"
#include "each_float.h"

#endif
