/*
 * select: out[i] = condition[i] ? a[i] : b[i], by width of the elements.
 * clip: out[i] = x[i] kept within bounds; its adjoint passes where x[i] is within. NaN stays NaN.
 */
#ifndef KG_KINDS_SELECT_H
#define KG_KINDS_SELECT_H

#include "elementwise.h"

#define SELECT(X) X(b1) X(b4) X(b8)
#define SELECT_FUNCTION(B) MAP_3(select_##B, bool, B, B, B, , x ? y : z)
#define SELECT_ENTRY(B) {"select_" #B, kernel_select_##B},

/* Bounds of floats come as floats, bounds of ints as ints: no number is both exactly. */
#define CLIP(X) X(f32, floats) X(f64, floats) X(i32, ints) X(i64, ints)
#define CLIP_SETUP(T, source)                   \
    const k_##T low = (k_##T)call->source[0];   \
    const k_##T high = (k_##T)call->source[1];
#define CLIP_FUNCTION(T, source) MAP_1(clip_##T, T, T, CLIP_SETUP(T, source), x < low ? low : x > high ? high : x)
#define CLIP_ENTRY(T, source) {"clip_" #T, kernel_clip_##T},

#define CLIP_GRAD(X) X(f32, floats) X(f64, floats)
#define CLIP_GRAD_FUNCTION(T, source) \
    MAP_2(clip_grad_##T, T, T, T, CLIP_SETUP(T, source), (x >= low) & (x <= high) ? y : 0)
#define CLIP_GRAD_ENTRY(T, source) {"clip_grad_" #T, kernel_clip_grad_##T},

SELECT(SELECT_FUNCTION)
CLIP(CLIP_FUNCTION)
CLIP_GRAD(CLIP_GRAD_FUNCTION)
#define SELECT_KERNELS SELECT(SELECT_ENTRY) CLIP(CLIP_ENTRY) CLIP_GRAD(CLIP_GRAD_ENTRY)

#endif
