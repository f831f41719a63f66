/* Includes KIND_TEMPLATE once for each width E of an element, with an index I of i32 and of i64. */
#include "template.h"

#define E b1
#define I i32
#include KIND_TEMPLATE
#undef I
#define I i64
#include KIND_TEMPLATE
#undef I
#undef E
#define E b4
#define I i32
#include KIND_TEMPLATE
#undef I
#define I i64
#include KIND_TEMPLATE
#undef I
#undef E
#define E b8
#define I i32
#include KIND_TEMPLATE
#undef I
#define I i64
#include KIND_TEMPLATE
#undef I
#undef E

#undef KIND_TEMPLATE
