/* The choice among the tables of kernels: one per instruction set, all with the same names. */
#ifndef KG_ISA_H
#define KG_ISA_H

#include "kg.h"

/* 64-bit x86 with a compiler that can target an instruction set for part of a file. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define KG_X86 1
#else
#define KG_X86 0
#endif

typedef struct kg_isa {
    const char *name;
    const kg_entry *kernels;
    int (*supported)(void);
} kg_isa;

/* Every instruction set that was compiled, fastest first; the last line has no name. */
extern const kg_isa kg_isas[];

/* The fastest supported set, or the one called `name` if it is not NULL; NULL where that is unknown or unsupported. */
const kg_isa *kg_choose_isa(const char *name);

#endif
