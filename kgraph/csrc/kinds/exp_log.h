/*
 * exp, expm1 and log without branches or calls, so that loops over them become vector code. Errors are 1 to 3 units in
 * the last place; infinities, NaN and subnormal numbers come out as from libm. The method and its constants, per dtype,
 * are in exp_log_template.h.
 */
#ifndef KG_KINDS_EXP_LOG_H
#define KG_KINDS_EXP_LOG_H

#include "common.h"

#define T f32
#define BITS uint32_t
#define MANTISSA 23
#define BIAS 127
#define ROUNDER 12582912.0f           /* 1.5 * 2^23: adding it rounds to a whole number, which is then in the low bits */
#define LN2_HIGH 0.693359375f         /* few enough bits that its product with an exponent is exact */
#define LN2_LOW -2.12194440e-4f
#define EXP_MOST 89.0f                /* exp overflows from 88.73 on */
#define EXP_LEAST -104.0f             /* and is 0 below -103.98 */
#define EXPM1_MOST 60.0f              /* exp(x) - 1 is exp(x) from far below here */
#define SUBNORMAL_SCALE 33554432.0f   /* 2^25 */
#define SUBNORMAL_SHIFT 25.0f
#define LEAST_NORMAL 1.17549435e-38f
#define EXPONENT_MAGIC 0x4b000000u    /* 2^23 */
#define EXPONENT_OFFSET 8388608.0f
#define EXP_DEGREE 7
#define LOG_TERMS 5
#include "exp_log_template.h"

#define T f64
#define BITS uint64_t
#define MANTISSA 52
#define BIAS 1023
#define ROUNDER 6755399441055744.0    /* 1.5 * 2^52 */
#define LN2_HIGH 0.69314718036912381649
#define LN2_LOW 1.9082149292705877e-10
#define EXP_MOST 710.0
#define EXP_LEAST -746.0
#define EXPM1_MOST 500.0
#define SUBNORMAL_SCALE 18014398509481984.0 /* 2^54 */
#define SUBNORMAL_SHIFT 54.0
#define LEAST_NORMAL 2.2250738585072014e-308
#define EXPONENT_MAGIC 0x4330000000000000u
#define EXPONENT_OFFSET 4503599627370496.0
#define EXP_DEGREE 13
#define LOG_TERMS 11
#include "exp_log_template.h"

#endif
