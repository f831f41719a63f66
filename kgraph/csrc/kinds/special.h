/* Functions of one number that are seldom met, as s_<name>_<dtype>: in double precision, whatever the dtype. */
#ifndef KG_KINDS_SPECIAL_H
#define KG_KINDS_SPECIAL_H

#include "scalar.h"

#define SPECIAL_ROOT_PI 1.7724538509055160273

/*
 * The inverse of erf. A polynomial in the tail's logarithm (M. Giles, "Approximating the erfinv function", 2010) starts
 * within 1e-6 of it; each of Newton's steps squares the error. Above 1/2 the step is taken on erfc, whose argument 1 - x
 * is exact there.
 */
KG_INLINE k_f64 s_erfinv_f64(k_f64 x) {
    const k_f64 size = fabs(x);
    if (!(size < 1)) return size == 1 ? copysign(INFINITY, x) : NAN;
    k_f64 w = -log((1 - size) * (1 + size)), y;
    if (w < 5) {
        w -= 2.5;
        y = 2.81022636e-08;
        y = y * w + 3.43273939e-07;
        y = y * w - 3.5233877e-06;
        y = y * w - 4.39150654e-06;
        y = y * w + 0.00021858087;
        y = y * w - 0.00125372503;
        y = y * w - 0.00417768164;
        y = y * w + 0.246640727;
        y = y * w + 1.50140941;
    } else {
        w = sqrt(w) - 3;
        y = -0.000200214257;
        y = y * w + 0.000100950558;
        y = y * w + 0.00134934322;
        y = y * w - 0.00367342844;
        y = y * w + 0.00573950773;
        y = y * w - 0.0076224613;
        y = y * w + 0.00943887047;
        y = y * w + 1.00167406;
        y = y * w + 2.83297682;
    }
    y *= size;
    for (int step = 0; step < 3; step++) {
        const k_f64 above = size > 0.5 ? (1 - size) - erfc(y) : erf(y) - size;
        y -= above * (SPECIAL_ROOT_PI / 2) * exp(y * y);
    }
    return copysign(y, x);
}

/* The modified Bessel functions: sum of (x^2 / 4)^k / (k!)^2, and of x / 2 (x^2 / 4)^k / (k! (k + 1)!). No term is
 * negative, so nothing cancels. */
KG_INLINE k_f64 special_bessel(k_f64 x, int order) {
    const k_f64 square = x * x / 4;
    k_f64 term = order ? x / 2 : 1, sum = term;
    for (k_f64 k = 1; fabs(term) > fabs(sum) * 1e-17; k++) {
        term *= square / (k * (k + order));
        sum += term;
    }
    return sum;
}

KG_INLINE k_f64 s_i0_f64(k_f64 x) { return special_bessel(x, 0); }
KG_INLINE k_f64 s_i1_f64(k_f64 x) { return special_bessel(x, 1); }

KG_INLINE k_f32 s_erfinv_f32(k_f32 x) { return (k_f32)s_erfinv_f64(x); }
KG_INLINE k_f32 s_i0_f32(k_f32 x) { return (k_f32)s_i0_f64(x); }
KG_INLINE k_f32 s_i1_f32(k_f32 x) { return (k_f32)s_i1_f64(x); }

#endif
