/* Includes KIND_TEMPLATE once for each float: E is f32, f64. */
#include "template.h"

#define E f32
#include KIND_TEMPLATE
#undef E
#define E f64
#include KIND_TEMPLATE
#undef E

#undef KIND_TEMPLATE
