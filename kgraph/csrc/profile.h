/* What a program costs, measured while it runs: nanoseconds by instruction and phase, and single tasks in time. */
#ifndef KG_PROFILE_H
#define KG_PROFILE_H

#include <stdint.h>

/* A task as it ran: of a chain, all of it. Times are those of CLOCK_MONOTONIC. */
typedef struct kg_event {
    int64_t instr, thread, begin, end;
} kg_event;

typedef struct kg_profile {
    int64_t n_instrs, n_phases;
    int64_t runs, wall_ns;
    int64_t *busy_ns;  /* of each instruction, the threads added up */
    int64_t *tasks;    /* of each instruction; ranges, where it ran on one thread */
    int64_t *phase_ns; /* of each phase, from its first task to its last */
    kg_event *events;  /* the first `room` tasks */
    int64_t room, n_events;
} kg_profile;

/* With all counts at zero; NULL where memory is short. */
kg_profile *kg_profile_new(int64_t n_instrs, int64_t n_phases, int64_t room);
void kg_profile_free(kg_profile *profile);

int64_t kg_now_ns(void);

/* Adds what passed since `begin`; from any thread. Returns the time now. */
int64_t kg_profile_add(kg_profile *profile, int64_t instr, int64_t begin);
void kg_profile_event(kg_profile *profile, int64_t instr, int64_t begin, int64_t end);

#endif
