#include "isa.h"

#include <string.h>

extern const kg_entry kg_kernels_portable[];

static int always(void) { return 1; }

#if KG_X86
extern const kg_entry kg_kernels_avx512[];
extern const kg_entry kg_kernels_avx2[];

static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

static int has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

const kg_isa kg_isas[] = {
#if KG_X86
    {"avx512", kg_kernels_avx512, has_avx512},
    {"avx2", kg_kernels_avx2, has_avx2},
#endif
    {"portable", kg_kernels_portable, always},
    {NULL, NULL, NULL},
};

const kg_isa *kg_choose_isa(const char *name) {
    for (const kg_isa *isa = kg_isas; isa->name; isa++)
        if ((!name || strcmp(name, isa->name) == 0) && isa->supported()) return isa;
    return NULL;
}
