/* What every kind of kernel builds on: element types, the shape of a kernel, and its line in the table. */
#ifndef KG_KINDS_COMMON_H
#define KG_KINDS_COMMON_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kg.h"

/* Element types by the short dtype names that end the kernels' names: k_##f32 and so on. A bool is a byte, 0 or 1. */
typedef float k_f32;
typedef double k_f64;
typedef int32_t k_i32;
typedef int64_t k_i64;
typedef uint8_t k_bool;

/* Element types by width, for kernels that only move elements. */
typedef uint8_t k_b1;
typedef uint32_t k_b4;
typedef uint64_t k_b8;

/* The types in which integer arithmetic wraps around instead of being undefined. */
typedef float k_wrap_f32;
typedef double k_wrap_f64;
typedef uint32_t k_wrap_i32;
typedef uint64_t k_wrap_i64;

#define KG_INLINE static inline __attribute__((always_inline))
#define KG_SIMD _Pragma("omp simd")

/* JOIN(a, b) pastes what a and b expand to. */
#define KG_JOIN_(a, b) a##b
#define KG_JOIN(a, b) KG_JOIN_(a, b)

/* KG_TEXT(a) is what `a` expands to, as a string: what _Pragma takes. */
#define KG_TEXT_(...) #__VA_ARGS__
#define KG_TEXT(...) KG_TEXT_(__VA_ARGS__)

/* The head of the kernel that the table calls `name`, e.g. KG_KERNEL(exp_f32) { ... return 0; } */
#define KG_KERNEL(name) static int KG_JOIN(kernel_, name)(const kg_call *call, int64_t begin, int64_t end)

/* A kernel's line in the table, for X-macros that list plain kernel names. */
#define KG_ENTRY(name) {#name, kernel_##name},

/* Argument `i` of the call as an array of a dtype: KG_IN for inputs, KG_OUT for the output after `i` inputs. */
#define KG_IN(dtype, i) ((const k_##dtype *)call->args[i])
#define KG_OUT(dtype, i) ((k_##dtype *)call->args[i])

#define KG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define KG_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
