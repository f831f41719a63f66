/* A program as flat arrays of C structs, and the loops that run it.

   A program is a series of phases; an instruction's work is split into tasks of `grain` units, and those of a phase are
   handed to the pool together. The split is part of the program, so results do not depend on the number of threads.
   A task takes some microseconds, as ops choose their grain; so the number of tasks says whether a phase, and whether a
   whole program, is worth more than one thread. Programs that are not never touch the pool. */
#ifndef KG_EXECUTOR_H
#define KG_EXECUTOR_H

#include "kg.h"
#include "profile.h"

/* Tiles of rows by columns of an m by n matrix, counted down, then across; no tiles where rows is 0. */
typedef struct kg_tiling {
    int64_t m, n, rows, columns;
} kg_tiling;

typedef struct kg_instr {
    kg_kernel kernel;
    kg_call call;
    int64_t work;  /* units in all */
    int64_t grain; /* units of one task, at least 1 */
    double weight; /* of a task, in those of a cheap kernel: a few microseconds each */
    kg_tiling tiling; /* if a unit is a tile of the result */
    int64_t tasks, followers; /* found by kg_program_finish */
} kg_instr;

/* What an instruction is to the one before it. */
typedef enum kg_link {
    KG_BEGINS,  /* runs when that one is done */
    KG_JOINS,   /* is in the same phase: runs at the same time */
    KG_FOLLOWS, /* is in the same chain: each task of the chain's first instruction goes on with the same range here, or
                   with the elements of the same tile */
} kg_link;

/* Neighbouring instructions none of which needs or overwrites what another one writes: their tasks run in any order. */
typedef struct kg_phase {
    int64_t first, end; /* the instructions */
    int64_t tasks;      /* of them all */
    double size;        /* in whole tasks of weight 1 */
} kg_phase;

/* Where an argument lies: a byte offset into what is bound to a slot. */
typedef struct kg_operand {
    int64_t slot;
    int64_t offset;
} kg_operand;

typedef struct kg_program {
    int64_t n_slots, n_instrs, n_operands, n_phases;
    kg_instr *instrs;
    kg_phase *phases;
    double shared;        /* whole tasks in the phases that are handed out */
    kg_operand *operands; /* of all instructions, one after the other */
    void **pointers;      /* the resolved address of each operand */
    int64_t *ints;        /* of all instructions, likewise */
    double *floats;
    int64_t *first;       /* operands of slot s are users[first[s]] .. users[first[s + 1]] */
    int64_t *users;
    void **bases;         /* the address bound to each slot, or NULL */
    kg_fault fault;       /* of the instruction that failed, at the lowest position */
    kg_profile *profile;  /* NULL unless the program is measured */
} kg_program;

/* One fed array of a run of many steps: rows of `source` go to the staging memory bound to `slot`. */
typedef struct kg_feed {
    const char *source;
    char *staging;
    int64_t row_bytes;
    int64_t slot;
} kg_feed;

typedef enum kg_dtype { KG_F32, KG_F64, KG_I32, KG_I64, KG_BOOL } kg_dtype;

/* A scalar that every step reports. */
typedef struct kg_column {
    kg_operand place;
    kg_dtype dtype;
} kg_column;

typedef struct kg_steps {
    const kg_feed *feeds;
    int64_t n_feeds;
    const kg_column *columns;
    int64_t n_columns;
    const int64_t *order; /* row numbers, or NULL for rows in place */
    int64_t first, batch, steps;
    double *results;      /* steps by columns */
} kg_steps;

/* A program with room for so many of each, all zero; NULL where memory is short. Freed by kg_program_free. */
kg_program *kg_program_new(int64_t n_slots, int64_t n_instrs, int64_t n_operands, int64_t n_ints, int64_t n_floats);
void kg_program_free(kg_program *program);

/* Once all instructions and operands are filled in: makes what kg_bind and kg_run need, from a kg_link for each. */
void kg_program_finish(kg_program *program, const uint8_t *links);

/* Points every operand of `slot` into the memory at `base`; NULL unbinds. */
void kg_bind(kg_program *program, int64_t slot, void *base);

/* Runs the program; the index of the instruction that failed, or -1. No instruction after its phase has run. */
int64_t kg_run(kg_program *program);

/* Runs `steps` batches; the number completed. Where that falls short *failed is the instruction that failed. */
int64_t kg_run_steps(kg_program *program, const kg_steps *run, int64_t *failed);

#endif
