#include "executor.h"

#include <stdlib.h>
#include <string.h>

/* calloc may answer NULL for no bytes, which is not a failure. */
static void *room(int64_t count, size_t size) { return calloc(count > 0 ? (size_t)count : 1, size); }

kg_program *kg_program_new(int64_t n_slots, int64_t n_instrs, int64_t n_operands, int64_t n_ints, int64_t n_floats) {
    kg_program *program = room(1, sizeof *program);
    if (!program) return NULL;
    program->n_slots = n_slots;
    program->n_instrs = n_instrs;
    program->n_operands = n_operands;
    program->instrs = room(n_instrs, sizeof *program->instrs);
    program->operands = room(n_operands, sizeof *program->operands);
    program->pointers = room(n_operands, sizeof *program->pointers);
    program->ints = room(n_ints, sizeof *program->ints);
    program->floats = room(n_floats, sizeof *program->floats);
    program->first = room(n_slots + 1, sizeof *program->first);
    program->users = room(n_operands, sizeof *program->users);
    program->bases = room(n_slots, sizeof *program->bases);
    if (program->instrs && program->operands && program->pointers && program->ints && program->floats &&
        program->first && program->users && program->bases)
        return program;
    kg_program_free(program);
    return NULL;
}

void kg_program_free(kg_program *program) {
    if (!program) return;
    free(program->instrs);
    free(program->operands);
    free(program->pointers);
    free(program->ints);
    free(program->floats);
    free(program->first);
    free(program->users);
    free(program->bases);
    free(program);
}

void kg_program_index(kg_program *program) {
    int64_t *first = program->first;
    for (int64_t i = 0; i < program->n_operands; i++) first[program->operands[i].slot + 1]++;
    for (int64_t slot = 0; slot < program->n_slots; slot++) first[slot + 1] += first[slot];
    /* Filling from the back leaves each first[slot + 1] moved down to first[slot]: it is counted up again after. */
    for (int64_t i = program->n_operands - 1; i >= 0; i--)
        program->users[--first[program->operands[i].slot + 1]] = i;
    for (int64_t slot = 0; slot < program->n_slots; slot++) first[slot] = first[slot + 1];
    first[program->n_slots] = program->n_operands;
}

void kg_bind(kg_program *program, int64_t slot, void *base) {
    program->bases[slot] = base;
    for (int64_t u = program->first[slot]; u < program->first[slot + 1]; u++) {
        int64_t i = program->users[u];
        program->pointers[i] = base ? (char *)base + program->operands[i].offset : NULL;
    }
}

int kg_run_tasks(kg_kernel kernel, const kg_call *call, int64_t work, int64_t grain) {
    for (int64_t begin = 0; begin < work; begin += grain) {
        int64_t end = work - begin > grain ? begin + grain : work;
        if (kernel(call, begin, end)) return 1;
    }
    return 0;
}

int64_t kg_run(kg_program *program) {
    for (int64_t i = 0; i < program->n_instrs; i++) {
        const kg_instr *instr = &program->instrs[i];
        if (kg_run_tasks(instr->kernel, &instr->call, instr->work, instr->grain)) return i;
    }
    return -1;
}

static void feed_step(kg_program *program, const kg_steps *run, const kg_feed *feed, int64_t step) {
    int64_t row = run->first + step * run->batch;
    if (!run->order) {
        kg_bind(program, feed->slot, (char *)feed->source + row * feed->row_bytes);
        return;
    }
    for (int64_t i = 0; i < run->batch; i++)
        memcpy(feed->staging + i * feed->row_bytes, feed->source + run->order[row + i] * feed->row_bytes,
               (size_t)feed->row_bytes);
}

static double scalar_at(const kg_program *program, const kg_column *column) {
    const void *place = (const char *)program->bases[column->place.slot] + column->place.offset;
    switch (column->dtype) {
    case KG_F32: return *(const float *)place;
    case KG_F64: return *(const double *)place;
    case KG_I32: return *(const int32_t *)place;
    case KG_I64: return (double)*(const int64_t *)place;
    case KG_BOOL: return *(const uint8_t *)place;
    }
    return 0;
}

int64_t kg_run_steps(kg_program *program, const kg_steps *run, int64_t *failed) {
    int64_t step = 0;
    *failed = -1;
    for (; step < run->steps; step++) {
        for (int64_t f = 0; f < run->n_feeds; f++) feed_step(program, run, &run->feeds[f], step);
        *failed = kg_run(program);
        if (*failed >= 0) break;
        for (int64_t c = 0; c < run->n_columns; c++)
            run->results[step * run->n_columns + c] = scalar_at(program, &run->columns[c]);
    }
    if (!run->order)
        for (int64_t f = 0; f < run->n_feeds; f++) kg_bind(program, run->feeds[f].slot, run->feeds[f].staging);
    return step;
}
