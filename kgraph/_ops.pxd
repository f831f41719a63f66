"""What `_ops.pyx` uses of the C sources."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "csrc/kg.h":
    ctypedef struct kg_fault:
        int64_t position
        double value

    ctypedef struct kg_call:
        void **args
        int64_t n_args
        int64_t n_next
        const int64_t *ints
        const double *floats
        kg_fault *fault

    ctypedef int (*kg_kernel)(const kg_call *call, int64_t begin, int64_t end) noexcept nogil

    ctypedef struct kg_entry:
        const char *name
        kg_kernel kernel


cdef extern from "csrc/isa.h":
    ctypedef struct kg_isa:
        const char *name
        const kg_entry *kernels
        int supported() noexcept

    const kg_isa *kg_isas
    const kg_isa *kg_choose_isa(const char *name) noexcept


cdef extern from "csrc/profile.h":
    ctypedef struct kg_event:
        pass

    ctypedef struct kg_profile:
        int64_t n_instrs
        int64_t n_phases
        int64_t runs
        int64_t wall_ns
        int64_t *busy_ns
        int64_t *tasks
        int64_t *phase_ns
        kg_event *events
        int64_t room
        int64_t n_events

    kg_profile *kg_profile_new(int64_t, int64_t, int64_t) noexcept
    void kg_profile_free(kg_profile *) noexcept


cdef extern from "csrc/executor.h":
    ctypedef struct kg_tiling:
        int64_t m
        int64_t n
        int64_t rows
        int64_t columns

    ctypedef struct kg_instr:
        kg_kernel kernel
        kg_call call
        int64_t work
        int64_t grain
        double weight
        kg_tiling tiling

    ctypedef struct kg_phase:
        int64_t first
        int64_t end

    ctypedef enum kg_link:
        KG_BEGINS
        KG_JOINS
        KG_FOLLOWS

    ctypedef struct kg_operand:
        int64_t slot
        int64_t offset

    ctypedef struct kg_program:
        int64_t n_slots
        int64_t n_instrs
        int64_t n_phases
        kg_instr *instrs
        kg_phase *phases
        kg_operand *operands
        void **pointers
        int64_t *ints
        double *floats
        kg_fault fault
        kg_profile *profile

    ctypedef struct kg_feed:
        const char *source
        char *staging
        int64_t row_bytes
        int64_t slot

    ctypedef enum kg_dtype:
        KG_F32
        KG_F64
        KG_I32
        KG_I64
        KG_BOOL

    ctypedef struct kg_column:
        kg_operand place
        kg_dtype dtype

    ctypedef struct kg_steps:
        const kg_feed *feeds
        int64_t n_feeds
        const kg_column *columns
        int64_t n_columns
        const int64_t *order
        int64_t first
        int64_t batch
        int64_t steps
        double *results

    kg_program *kg_program_new(int64_t, int64_t, int64_t, int64_t, int64_t) noexcept
    void kg_program_free(kg_program *) noexcept
    void kg_program_finish(kg_program *, const uint8_t *) noexcept
    void kg_bind(kg_program *, int64_t, void *) noexcept
    int64_t kg_run(kg_program *) noexcept nogil
    int64_t kg_run_steps(kg_program *, const kg_steps *, int64_t *) noexcept nogil


cdef extern from "csrc/pool.h":
    int KG_MOST_THREADS
    void kg_pool_set_threads(int) noexcept
    int kg_pool_threads() noexcept
