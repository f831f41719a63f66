#include "executor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "profile.h"

/* Whole tasks in a phase from which on it is handed out, if the program leads the pool: two tasks of a cheap kernel
   take 1.5 microseconds, and handing them out takes less than half of one. */
#define TASKS_WORTH_SHARING 1.5
/* Whole tasks in all such phases of a program, from which on it leads the pool if the workers are awake, and in all the
   runs of one call, from which on it wakes them. Measured on four cores, in microseconds of work on one thread and of
   the run: with the workers awake 12 (20 tasks of a cheap kernel) take 13, 27 take 14 and 105 take 43; with the workers
   asleep 37 take 80, 125 come out even (50 to 80 tasks) and 300 take 240. A dense network 64-192-192-10 at batch 64,
   trained by Adam in one call, has 14 tasks a step and takes 134 instead of 157; 20-64-64-1 at batch 32, which must not
   be shared, has none. */
#define TASKS_WORTH_LEADING 12.0
#define TASKS_WORTH_WAKING 64.0

/* Bytes of the rows that one task gathers, a few microseconds' worth. */
#define GATHER_BYTES (64 << 10)

/* Elements of a block of a chain: seven float arrays of so many, as an Adam step has, fill most of a level-1 cache. */
#define CHAIN_BLOCK 1536

/* calloc may answer NULL for no bytes, which is not a failure. */
static void *room(int64_t count, size_t size) { return calloc(count > 0 ? (size_t)count : 1, size); }

kg_program *kg_program_new(int64_t n_slots, int64_t n_instrs, int64_t n_operands, int64_t n_ints, int64_t n_floats) {
    kg_program *program = room(1, sizeof *program);
    if (!program) return NULL;
    program->n_slots = n_slots;
    program->n_instrs = n_instrs;
    program->n_operands = n_operands;
    program->instrs = room(n_instrs, sizeof *program->instrs);
    program->phases = room(n_instrs, sizeof *program->phases);
    program->operands = room(n_operands, sizeof *program->operands);
    program->pointers = room(n_operands, sizeof *program->pointers);
    program->ints = room(n_ints, sizeof *program->ints);
    program->floats = room(n_floats, sizeof *program->floats);
    program->first = room(n_slots + 1, sizeof *program->first);
    program->users = room(n_operands, sizeof *program->users);
    program->bases = room(n_slots, sizeof *program->bases);
    if (program->instrs && program->phases && program->operands && program->pointers && program->ints &&
        program->floats && program->first && program->users && program->bases)
        return program;
    kg_program_free(program);
    return NULL;
}

void kg_program_free(kg_program *program) {
    if (!program) return;
    kg_profile_free(program->profile);
    free(program->instrs);
    free(program->phases);
    free(program->operands);
    free(program->pointers);
    free(program->ints);
    free(program->floats);
    free(program->first);
    free(program->users);
    free(program->bases);
    free(program);
}

static void index_operands(kg_program *program) {
    int64_t *first = program->first;
    for (int64_t i = 0; i < program->n_operands; i++) first[program->operands[i].slot + 1]++;
    for (int64_t slot = 0; slot < program->n_slots; slot++) first[slot + 1] += first[slot];
    /* Filling from the back leaves each first[slot + 1] moved down to first[slot]: it is counted up again after. */
    for (int64_t i = program->n_operands - 1; i >= 0; i--)
        program->users[--first[program->operands[i].slot + 1]] = i;
    for (int64_t slot = 0; slot < program->n_slots; slot++) first[slot] = first[slot + 1];
    first[program->n_slots] = program->n_operands;
}

static int is_shared(const kg_phase *phase) { return phase->tasks > 1 && phase->size >= TASKS_WORTH_SHARING; }

static void make_phases(kg_program *program, const uint8_t *links) {
    kg_phase *phase = program->phases;
    kg_instr *leader = program->instrs;
    for (int64_t i = 0; i < program->n_instrs; i++) {
        kg_instr *instr = &program->instrs[i];
        kg_link link = i ? links[i] : KG_BEGINS;
        if (link == KG_BEGINS) *(phase = &program->phases[program->n_phases++]) = (kg_phase){.first = i};
        if (link == KG_FOLLOWS) {
            leader->followers++;
        } else {
            leader = instr;
            instr->tasks = instr->work / instr->grain + (instr->work % instr->grain > 0);
        }
        phase->end = i + 1;
        phase->tasks += instr->tasks;
        phase->size += instr->weight * (double)instr->work / (double)instr->grain;
    }
    for (int64_t p = 0; p < program->n_phases; p++)
        if (is_shared(&program->phases[p])) program->shared += program->phases[p].size;
}

void kg_program_finish(kg_program *program, const uint8_t *links) {
    index_operands(program);
    make_phases(program, links);
}

void kg_bind(kg_program *program, int64_t slot, void *base) {
    program->bases[slot] = base;
    for (int64_t u = program->first[slot]; u < program->first[slot + 1]; u++) {
        int64_t i = program->users[u];
        program->pointers[i] = base ? (char *)base + program->operands[i].offset : NULL;
    }
}

/* A run under way, as its tasks see it. */
typedef struct run {
    kg_program *program;
    const kg_phase *phase;
    kg_profile *profile; /* NULL unless the run is measured */
    int64_t failed; /* the lowest instruction that failed, or -1 */
    atomic_flag noting;
} run;

/* Keeps the fault of the lowest instruction, and of its faults the lowest, whichever task comes first. */
static void note_fault(run *run, int64_t instr, const kg_fault *fault) {
    while (atomic_flag_test_and_set_explicit(&run->noting, memory_order_acquire)) {}
    kg_fault *lowest = &run->program->fault;
    if (run->failed < 0 || instr < run->failed || (instr == run->failed && fault->position < lowest->position)) {
        run->failed = instr;
        *lowest = *fault;
    }
    atomic_flag_clear_explicit(&run->noting, memory_order_release);
}

/* One instruction on one range; of no interest but to a profile is when it began. */
static int64_t run_link(kg_profile *profile, const kg_program *program, int64_t i, int64_t begin, int64_t end, int64_t now) {
    const kg_instr *instr = &program->instrs[i];
    instr->kernel(&instr->call, begin, end);
    return profile ? kg_profile_add(profile, i, now) : 0;
}

/* Those that follow the first instruction of a chain, block by block, so that what one writes the next finds in cache. */
static int64_t run_blocks(const run *run, int64_t first, int64_t last, int64_t begin, int64_t end, int64_t now) {
    for (int64_t block; begin < end; begin = block) {
        block = end - begin > CHAIN_BLOCK ? begin + CHAIN_BLOCK : end;
        for (int64_t i = first; i <= last; i++) now = run_link(run->profile, run->program, i, begin, block, now);
    }
    return now;
}

/* A tile of the first instruction's, then its elements, row by row; where rows follow each other, all of them at once. */
static int64_t run_tile(const run *run, int64_t first, int64_t last, int64_t unit, int64_t now) {
    const kg_tiling *tiling = &run->program->instrs[first].tiling;
    const int64_t down = (tiling->m + tiling->rows - 1) / tiling->rows;
    const int64_t row = unit % down * tiling->rows, column = unit / down * tiling->columns;
    const int64_t rows = tiling->m - row < tiling->rows ? tiling->m - row : tiling->rows;
    const int64_t columns = tiling->n - column < tiling->columns ? tiling->n - column : tiling->columns;
    const int64_t begin = row * tiling->n + column;
    now = run_link(run->profile, run->program, first, unit, unit + 1, now);
    if (columns == tiling->n) return run_blocks(run, first + 1, last, begin, begin + rows * columns, now);
    for (int64_t from = begin; from < begin + rows * tiling->n; from += tiling->n)
        now = run_blocks(run, first + 1, last, from, from + columns, now);
    return now;
}

static void run_chain(const run *run, int64_t first, int64_t begin, int64_t end) {
    const kg_instr *leader = &run->program->instrs[first];
    const int64_t last = first + leader->followers;
    int64_t now = run->profile ? kg_now_ns() : 0;
    if (!leader->tiling.rows)
        run_blocks(run, first, last, begin, end, now);
    else
        for (int64_t unit = begin; unit < end; unit++) now = run_tile(run, first, last, unit, now);
}

static void run_single(run *run, int64_t i, int64_t begin, int64_t end) {
    const kg_instr *instr = &run->program->instrs[i];
    kg_fault fault;
    kg_call call = instr->call;
    call.fault = &fault;
    const int64_t start = run->profile ? kg_now_ns() : 0;
    if (instr->kernel(&call, begin, end)) note_fault(run, i, &fault);
    if (run->profile) kg_profile_add(run->profile, i, start);
}

static void run_range(run *run, int64_t i, int64_t begin, int64_t end) {
    if (run->program->instrs[i].followers)
        run_chain(run, i, begin, end);
    else
        run_single(run, i, begin, end);
}

static void run_units(run *run, int64_t i, int64_t begin, int64_t end) {
    if (!run->profile) {
        run_range(run, i, begin, end);
        return;
    }
    const int64_t start = kg_now_ns();
    run_range(run, i, begin, end);
    kg_profile_event(run->profile, i, start, kg_now_ns());
}

/* Task `index` of a phase, counted through its instructions. */
static void run_phase_task(void *context, int64_t index) {
    run *run = context;
    const kg_instr *instrs = run->program->instrs;
    int64_t i = run->phase->first;
    for (; index >= instrs[i].tasks; i++) index -= instrs[i].tasks;
    const int64_t begin = index * instrs[i].grain, left = instrs[i].work - begin;
    run_units(run, i, begin, left > instrs[i].grain ? begin + instrs[i].grain : instrs[i].work);
}

/* All the work of an instruction at once: a kernel may use what it has prepared for one unit in the next. */
static void run_phase_alone(run *run) {
    const kg_instr *instrs = run->program->instrs;
    for (int64_t i = run->phase->first; i < run->phase->end; i++)
        if (instrs[i].tasks > 0) run_units(run, i, 0, instrs[i].work);
}

/* Whether to lead the pool in each of so many runs to come. */
static int is_worth_leading(const kg_program *program, int64_t runs) {
    if (program->shared < TASKS_WORTH_LEADING) return 0;
    return program->shared * (double)runs >= TASKS_WORTH_WAKING || kg_pool_is_awake();
}

static int64_t note_phase(kg_profile *profile, int64_t phase, int64_t begin) {
    const int64_t end = kg_now_ns();
    profile->phase_ns[phase] += end - begin;
    return end;
}

static void note_run(kg_profile *profile, int64_t begin) {
    profile->wall_ns += kg_now_ns() - begin;
    profile->runs++;
}

/* A step of many, whose rows are to be gathered first. */
typedef struct gather {
    const kg_steps *steps;
    int64_t first, rows_per_task; /* the place in the order of the step's first row */
} gather;

static void gather_rows(void *context, int64_t index) {
    const gather *gather = context;
    const kg_steps *steps = gather->steps;
    const int64_t begin = index * gather->rows_per_task, end = begin + gather->rows_per_task;
    for (const kg_feed *feed = steps->feeds; feed < steps->feeds + steps->n_feeds; feed++)
        for (int64_t i = begin; i < end && i < steps->batch; i++)
            memcpy(feed->staging + i * feed->row_bytes, feed->source + steps->order[gather->first + i] * feed->row_bytes,
                   (size_t)feed->row_bytes);
}

static void gather_step(const kg_steps *steps, int64_t step, int leads) {
    int64_t row_bytes = 1;
    for (int64_t f = 0; f < steps->n_feeds; f++) row_bytes += steps->feeds[f].row_bytes;
    gather gather = {.steps = steps, .first = steps->first + step * steps->batch, .rows_per_task = steps->batch};
    if (leads) gather.rows_per_task = GATHER_BYTES / row_bytes + 1;
    const int64_t tasks = (steps->batch + gather.rows_per_task - 1) / gather.rows_per_task;
    if (tasks > 1)
        kg_pool_run(gather_rows, &gather, tasks);
    else
        gather_rows(&gather, 0);
}

/* Runs the program once, on batch `step` of `steps` if there are some to be gathered. */
static int64_t run_once(kg_program *program, int worth_leading, const kg_steps *steps, int64_t step) {
    kg_profile *profile = program->profile;
    run run = {.program = program, .profile = profile, .failed = -1, .noting = ATOMIC_FLAG_INIT};
    const int64_t start = profile ? kg_now_ns() : 0;
    int leads = worth_leading && kg_pool_lead();
    if (steps) gather_step(steps, step, leads);
    int64_t now = profile ? kg_now_ns() : 0;
    for (int64_t p = 0; p < program->n_phases && run.failed < 0; p++) {
        run.phase = &program->phases[p];
        if (leads && is_shared(run.phase))
            kg_pool_run(run_phase_task, &run, run.phase->tasks);
        else
            run_phase_alone(&run);
        if (profile) now = note_phase(profile, p, now);
    }
    if (leads) kg_pool_leave();
    if (profile) note_run(profile, start);
    return run.failed;
}

int64_t kg_run(kg_program *program) { return run_once(program, is_worth_leading(program, 1), NULL, 0); }

static void feed_in_place(kg_program *program, const kg_steps *steps, int64_t step) {
    for (const kg_feed *feed = steps->feeds; feed < steps->feeds + steps->n_feeds; feed++)
        kg_bind(program, feed->slot, (char *)feed->source + (steps->first + step * steps->batch) * feed->row_bytes);
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
    int worth_leading = is_worth_leading(program, run->steps);
    *failed = -1;
    for (; step < run->steps; step++) {
        if (!run->order) feed_in_place(program, run, step);
        *failed = run_once(program, worth_leading, run->order ? run : NULL, step);
        if (*failed >= 0) break;
        for (int64_t c = 0; c < run->n_columns; c++)
            run->results[step * run->n_columns + c] = scalar_at(program, &run->columns[c]);
    }
    if (!run->order)
        for (int64_t f = 0; f < run->n_feeds; f++) kg_bind(program, run->feeds[f].slot, run->feeds[f].staging);
    return step;
}
