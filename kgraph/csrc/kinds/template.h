/*
 * Kernels written once for several dtypes: a kind's body stands in <kind>_template.h, in terms of the element E (f32,
 * i64, b4...) and sometimes of the index I (i32 or i64), and is included once for each by the each_*.h headers:
 *
 *     #define KIND_TEMPLATE "softmax_template.h"
 *     #include "each_float.h"
 */
#ifndef KG_KINDS_TEMPLATE_H
#define KG_KINDS_TEMPLATE_H

#include "common.h"

/* Elements by width alone, for kernels that move them. */
typedef uint8_t k_b1;
typedef uint32_t k_b4;
typedef uint64_t k_b8;

#define KG_PASTE_(a, b) a##_##b
#define KG_PASTE(a, b) KG_PASTE_(a, b)
#define KG_KERNEL_(name) KG_KERNEL(name)

/* The C type of E and of I; a function's name for this E, or for this E and I; a kernel's head, likewise. */
#define TYPE KG_PASTE(k, E)
#define INDEX KG_PASTE(k, I)
#define FN(name) KG_PASTE(name, E)
#define INDEXED_FN(name) KG_PASTE(KG_PASTE(name, E), I)
#define KERNEL(name) KG_KERNEL_(FN(name))
#define INDEXED_KERNEL(name) KG_KERNEL_(INDEXED_FN(name))

/* An argument as elements, and as indices. */
#define IN(i) ((const TYPE *)call->args[i])
#define OUT(i) ((TYPE *)call->args[i])
#define IN_INDEX(i) ((const INDEX *)call->args[i])
#define OUT_INDEX(i) ((INDEX *)call->args[i])

/* Table lines of a kernel that exists for every dtype of a class. */
#define KG_FLOAT_ENTRIES(name) KG_ENTRY(name##_f32) KG_ENTRY(name##_f64)
#define KG_INT_ENTRIES(name) KG_ENTRY(name##_i32) KG_ENTRY(name##_i64)
#define KG_NUMBER_ENTRIES(name) KG_FLOAT_ENTRIES(name) KG_INT_ENTRIES(name)
#define KG_ANY_ENTRIES(name) KG_NUMBER_ENTRIES(name) KG_ENTRY(name##_bool)
#define KG_WIDTH_ENTRIES(name) KG_ENTRY(name##_b1) KG_ENTRY(name##_b4) KG_ENTRY(name##_b8)
#define KG_FLOAT_INDEXED_ENTRIES(name) KG_INT_ENTRIES(name##_f32) KG_INT_ENTRIES(name##_f64)
#define KG_NUMBER_INDEXED_ENTRIES(name) \
    KG_FLOAT_INDEXED_ENTRIES(name) KG_INT_ENTRIES(name##_i32) KG_INT_ENTRIES(name##_i64)
#define KG_WIDTH_INDEXED_ENTRIES(name) KG_INT_ENTRIES(name##_b1) KG_INT_ENTRIES(name##_b4) KG_INT_ENTRIES(name##_b8)

/* What a kernel returns that refuses a value. */
KG_INLINE int kg_refuse(const kg_call *call, int64_t position, double value) {
    call->fault->position = position;
    call->fault->value = value;
    return 1;
}

/* Whether `index` lies in [0, limit). */
KG_INLINE int kg_inside(int64_t index, int64_t limit) { return (uint64_t)index < (uint64_t)limit; }

#endif
