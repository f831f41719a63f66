/* Includes KIND_TEMPLATE once for each float E, with an index I of i32 and of i64. */
#include "template.h"

#define E f32
#define I i32
#include KIND_TEMPLATE
#undef I
#define I i64
#include KIND_TEMPLATE
#undef I
#undef E
#define E f64
#define I i32
#include KIND_TEMPLATE
#undef I
#define I i64
#include KIND_TEMPLATE
#undef I
#undef E

#undef KIND_TEMPLATE
