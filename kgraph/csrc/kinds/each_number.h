/* Includes KIND_TEMPLATE once for each number: E is f32, f64, i32, i64. */
#include "template.h"

#define E f32
#include KIND_TEMPLATE
#undef E
#define E f64
#include KIND_TEMPLATE
#undef E
#define E i32
#include KIND_TEMPLATE
#undef E
#define E i64
#include KIND_TEMPLATE
#undef E

#undef KIND_TEMPLATE
