"""The executor: programs as flat arrays of kernel calls, run without the GIL.

A program's memory is a set of slots, each one array: the arena, variables, constants, feeds, results. ``bind`` points
every operand that lies in a slot into its array; ``run`` calls the kernels in order.
"""

import os
import threading

import numpy as np

cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from kgraph.instructions import Instruction, Measured
from kgraph.threads import default_num_threads

cnp.import_array()


_COLUMN_DTYPES = {"f32": (KG_F32, 4), "f64": (KG_F64, 8), "i32": (KG_I32, 4), "i64": (KG_I64, 8), "bool": (KG_BOOL, 1)}


class KernelFault(Exception):
    """A kernel refused a value.

    Attributes:
        instruction: the index of the instruction whose kernel it was.
        position: the flat index of the value in the operand that held it.
        value: the value itself.
        step: the step of ``run_steps`` in which it happened; 0 for ``run``.
    """

    def __init__(self, instruction, position, value, step=0):
        super().__init__(f"instruction {instruction} refused the value {value} at position {position} in step {step}")
        self.instruction = instruction
        self.position = position
        self.value = value
        self.step = step


cdef class _Kernel:
    """A line of the chosen table."""
    cdef kg_kernel pointer


cdef const kg_isa *_isa = NULL


def _choose_kernels():
    """The kernels of the instruction set in ``KGRAPH_ISA``, or of the fastest that runs here, by name."""
    global _isa
    wanted = os.environ.get("KGRAPH_ISA", "")
    wanted_bytes = wanted.encode()
    _isa = kg_choose_isa(<const char *>wanted_bytes if wanted else NULL)
    if _isa == NULL:
        raise ImportError(f"KGRAPH_ISA is {wanted!r}; this processor runs {', '.join(_supported_isas())}")
    kernels = {}
    cdef const kg_entry *entry = _isa.kernels
    cdef _Kernel kernel
    while entry.name != NULL:
        kernel = _Kernel()
        kernel.pointer = entry.kernel
        kernels[entry.name.decode()] = kernel
        entry += 1
    return kernels


def _supported_isas():
    cdef const kg_isa *each = kg_isas
    names = []
    while each.name != NULL:
        if each.supported():
            names.append(each.name.decode())
        each += 1
    return names


_KERNELS = _choose_kernels()


def kernel_names():
    """The names of all kernels, sorted."""
    return sorted(_KERNELS)


def isa():
    """The instruction set whose kernels were chosen: ``avx512``, ``avx2`` or ``portable``."""
    return _isa.name.decode()


def supported_isas():
    """The instruction sets that this build has and this processor runs, fastest first."""
    return _supported_isas()


def set_num_threads(int threads):
    """Lets programs run on so many threads, the calling one among them, from their next run on.

    Raises:
        ValueError: ``threads`` is not in 1 .. ``MOST_THREADS``.
    """
    if not 1 <= threads <= KG_MOST_THREADS:
        raise ValueError(f"num_threads must be between 1 and {KG_MOST_THREADS}, not {threads}")
    kg_pool_set_threads(threads)


def num_threads():
    """The number of threads that programs run on."""
    if not kg_pool_threads():
        set_num_threads(default_num_threads())
    return kg_pool_threads()


cdef struct _Slot:
    int64_t reach  # where the last operand begins
    bint written  # by a kernel


cdef class Executable:
    """A program over ``slots`` arrays.

    Args:
        slots: how many arrays ``bind`` takes.
        instructions: an ``Instruction`` each, or its fields as a tuple.
        links: what each instruction is to the one before it; 0 unless given. 0: it runs when that one is done. 1: it
            joins it, and all that this one joins: they run at the same time, for none needs or overwrites what another
            writes. 2: it follows it, element by element: a task goes on with the same range of this instruction, or
            with the elements of the same tile, one after the other; it has as much work as there are, and refuses no
            value.

    Raises:
        ValueError: ``slots`` is negative, an instruction cannot be (see ``Instruction.check``) or be linked so, or
            ``links`` has another length; the message says which.
    """

    cdef kg_program *_program
    cdef list _arrays
    cdef _Slot *_slots
    cdef set _unbound
    cdef object _lock

    def __init__(self, int slots, list instructions not None, links=None):
        if self._program != NULL:
            raise RuntimeError("an Executable is initialised once")
        if slots < 0:
            raise ValueError(f"slots is {slots}; it must be >= 0")
        instructions = [Instruction(*each) for each in instructions]
        for index, instruction in enumerate(instructions):
            try:
                instruction.check(_KERNELS, slots)
            except ValueError as error:
                raise ValueError(f"instruction {index}: {error}") from None
        self._program = kg_program_new(
            slots,
            len(instructions),
            sum(len(each.operands) + len(each.following) for each in instructions),
            sum(len(each.ints) for each in instructions),
            sum(len(each.floats) for each in instructions),
        )
        if self._program == NULL:
            raise MemoryError(f"no memory for a program of {len(instructions)} instructions")
        self._fill(instructions)
        self._finish(instructions, links)
        self._arrays = [None] * slots
        self._lock = threading.Lock()
        self._note_slots(slots, instructions)

    def __dealloc__(self):
        kg_program_free(self._program)
        free(self._slots)

    cdef void _fill(self, list instructions) except *:
        cdef int64_t index, operand = 0, number = 0, real = 0
        cdef kg_instr *instr
        cdef _Kernel kernel
        for index, each in enumerate(instructions):
            instr = &self._program.instrs[index]
            kernel = _KERNELS[each.kernel]
            instr.kernel = kernel.pointer
            instr.work, instr.grain, instr.weight = each.work, each.grain, each.weight
            if each.tiling:
                instr.tiling.m, instr.tiling.n, instr.tiling.rows, instr.tiling.columns = each.tiling
            instr.call.args = self._program.pointers + operand
            instr.call.n_args, instr.call.n_next = len(each.operands), len(each.following)
            instr.call.ints = self._program.ints + number
            instr.call.floats = self._program.floats + real
            instr.call.fault = &self._program.fault
            for slot, offset in (*each.operands, *each.following):
                self._program.operands[operand].slot = slot
                self._program.operands[operand].offset = offset
                operand += 1
            for value in each.ints:
                self._program.ints[number] = value
                number += 1
            for value in each.floats:
                self._program.floats[real] = value
                real += 1

    cdef void _finish(self, list instructions, links) except *:
        flags = bytes(len(instructions)) if links is None else bytes(links)
        if len(flags) != len(instructions):
            raise ValueError(f"links has {len(flags)} entries for {len(instructions)} instructions")
        elements = None
        for index, link in enumerate(flags):
            if link > KG_FOLLOWS or (link == KG_FOLLOWS and instructions[index].work != elements):
                raise ValueError(f"instruction {index} cannot be linked by {link} to the one before it")
            elements = instructions[index].elements
        kg_program_finish(self._program, <const uint8_t *><const char *>flags)
        num_threads()

    cdef void _note_slots(self, int slots, list instructions) except *:
        self._slots = <_Slot *>calloc(slots + 1, sizeof(_Slot))
        if self._slots == NULL:
            raise MemoryError(f"no memory for {slots} slots")
        self._unbound = set()
        cdef _Slot *place
        for each in instructions:
            for slot, offset in (*each.operands, *each.following):
                place = &self._slots[<int>slot]
                place.reach = max(place.reach, <int64_t>offset)
                self._unbound.add(slot)
            self._slots[<int>each.operands[-1][0]].written = True

    def bind(self, int slot, cnp.ndarray array not None):
        """Lets every operand of ``slot`` lie in ``array``, which is kept alive.

        Raises:
            IndexError: there is no such slot.
            ValueError: the array is not C-contiguous and aligned, ends before an operand begins, or is read-only where
                a kernel writes.
        """
        with self._lock:
            self._bind(slot, array)

    cdef void _bind(self, int slot, cnp.ndarray array) except *:
        self._check_slot(slot)
        if array is None:
            raise TypeError(f"slot {slot} takes an array, not None")
        _check_layout(array, slot)
        cdef _Slot *place = &self._slots[slot]
        if place.reach > cnp.PyArray_NBYTES(array):
            raise ValueError(
                f"slot {slot}: an operand begins at byte {place.reach} of an array of {cnp.PyArray_NBYTES(array)} bytes"
            )
        if place.written and not cnp.PyArray_ISWRITEABLE(array):
            raise ValueError(f"slot {slot} is written by a kernel, but its array is read-only")
        kg_bind(self._program, slot, cnp.PyArray_DATA(array))
        self._arrays[slot] = array
        if self._unbound:
            self._unbound.discard(slot)

    def run(self, slots=(), arrays=()):
        """Runs every instruction once, with ``arrays`` bound to ``slots`` first. Threads that call at once take turns.

        Raises:
            IndexError, ValueError: as ``bind``; nothing ran.
            RuntimeError: a slot in use has no array.
            KernelFault: a kernel refused a value.
        """
        cdef int64_t failed
        with self._lock:
            for slot, array in zip(slots, arrays):
                self._bind(slot, array)
            self._check_bound(())
            with nogil:
                failed = kg_run(self._program)
            self._raise_fault(failed, 0)

    def run_steps(self, list sources not None, list slots not None, order, int64_t first, int64_t batch,
                  int64_t steps, cnp.ndarray results not None, list columns not None):
        """Runs ``steps`` batches in one call, and stores each step's scalars.

        Args:
            sources: arrays with the samples on the first axis.
            slots: the slot that each source feeds.
            order: an int64 array of row numbers, of which step ``s`` gathers ``[first + s*batch, + batch)`` into the
                arrays bound to ``slots``; or ``None`` to use the rows themselves, in place.
            results: float64 of shape ``(steps, len(columns))``, filled row by row.
            columns: ``(slot, byte offset, dtype)`` of each scalar to store; dtype is a short name such as ``f32``.

        Returns:
            The number of steps, all of them completed.

        Raises:
            ValueError, IndexError, TypeError: the arguments do not fit each other; nothing ran.
            KernelFault: a kernel refused a value; ``step`` says when, and earlier rows of ``results`` are filled.
        """
        cdef kg_steps run
        cdef int64_t failed = -1, done = 0
        cdef kg_feed *feeds = <kg_feed *>calloc(len(sources) + 1, sizeof(kg_feed))
        cdef kg_column *places = <kg_column *>calloc(len(columns) + 1, sizeof(kg_column))
        try:
            if feeds == NULL or places == NULL:
                raise MemoryError("no memory for the feeds of a run")
            _check_results(results, steps, len(columns))
            with self._lock:
                self._check_bound(slots if order is None else ())
                self._fill_feeds(feeds, sources, slots, order is not None, batch)
                self._fill_columns(places, columns)
                run.order = _order_rows(order, sources, first, batch, steps)
                run.feeds, run.n_feeds = feeds, len(sources)
                run.columns, run.n_columns = places, len(columns)
                run.first, run.batch, run.steps = first, batch, steps
                run.results = <double *>cnp.PyArray_DATA(results)
                with nogil:
                    done = kg_run_steps(self._program, &run, &failed)
                self._raise_fault(failed, done)
            return done
        finally:
            free(feeds)
            free(places)

    def start_profile(self, int64_t events):
        """Measures the runs from now on, in place of those before; keeps the first ``events`` tasks one by one.

        Raises:
            ValueError: ``events`` is negative.
        """
        if events < 0:
            raise ValueError(f"events is {events}; it must be >= 0")
        cdef kg_profile *profile = kg_profile_new(self._program.n_instrs, self._program.n_phases, events)
        if profile == NULL:
            raise MemoryError(f"no memory for a profile of {events} events")
        with self._lock:
            kg_profile_free(self._program.profile)
            self._program.profile = profile

    def stop_profile(self):
        """What was measured since ``start_profile``, as a ``Measured``; ``None`` if nothing was asked for."""
        cdef kg_profile *profile
        with self._lock:
            profile = self._program.profile
            self._program.profile = NULL
        if profile == NULL:
            return None
        try:
            return Measured(
                profile.runs,
                profile.wall_ns,
                _copy(profile.busy_ns, profile.n_instrs),
                _copy(profile.tasks, profile.n_instrs),
                self._phases(),
                _copy(profile.phase_ns, profile.n_phases),
                _copy(<int64_t *>profile.events, 4 * min(profile.n_events, profile.room)).reshape(-1, 4),
                max(0, profile.n_events - profile.room),
            )
        finally:
            kg_profile_free(profile)

    cdef list _phases(self):
        """The instructions of each phase."""
        cdef kg_phase *phases = self._program.phases
        return [range(phases[p].first, phases[p].end) for p in range(self._program.n_phases)]

    cdef void _check_slot(self, int slot) except *:
        if not 0 <= slot < self._program.n_slots:
            raise IndexError(f"slot {slot} is not one of the {self._program.n_slots} slots")

    cdef void _check_bound(self, fed) except *:
        missing = self._unbound.difference(fed) if self._unbound else None
        if missing:
            raise RuntimeError(f"no array is bound to slot {', '.join(map(str, sorted(missing)))}")

    cdef void _raise_fault(self, int64_t failed, int64_t step) except *:
        if failed >= 0:
            raise KernelFault(failed, self._program.fault.position, self._program.fault.value, step)

    cdef void _fill_feeds(self, kg_feed *feeds, list sources, list slots, bint staged, int64_t batch) except *:
        if len(sources) != len(slots):
            raise ValueError(f"{len(sources)} sources were given for {len(slots)} slots")
        if len(set(slots)) != len(slots):
            raise ValueError(f"a slot is fed twice: {slots}")
        cdef cnp.ndarray source
        for index, slot in enumerate(slots):
            self._check_slot(slot)
            source = sources[index]
            _check_layout(source, f"source {index}")
            if source.ndim == 0:
                raise ValueError(f"source {index} has no sample axis")
            staging = self._arrays[slot]
            if staged and staging is None:
                raise RuntimeError(f"no array is bound to slot {slot}, which source {index} feeds")
            if staging is not None:
                _check_fed(staging, source, index, slot, batch)
            if staged and not staging.flags.writeable:
                raise ValueError(f"slot {slot}: rows of source {index} cannot be gathered into a read-only array")
            if not staged and self._slots[<int>slot].written:
                raise ValueError(f"slot {slot} is written by a kernel: it cannot be fed in place")
            feeds[index].source = <const char *>cnp.PyArray_DATA(source)
            feeds[index].staging = NULL if staging is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>staging)
            feeds[index].slot = slot
            feeds[index].row_bytes = _row_bytes(source)
            if not staged and self._slots[<int>slot].reach > batch * feeds[index].row_bytes:
                raise ValueError(f"slot {slot}: an operand begins after {batch} rows of its source")

    cdef void _fill_columns(self, kg_column *places, list columns) except *:
        for index, (slot, offset, dtype) in enumerate(columns):
            self._check_slot(slot)
            if dtype not in _COLUMN_DTYPES:
                raise ValueError(f"column {index}: dtype {dtype!r} is not one of {', '.join(_COLUMN_DTYPES)}")
            code, size = _COLUMN_DTYPES[dtype]
            if self._arrays[slot] is None:
                raise RuntimeError(f"column {index}: no array is bound to slot {slot}")
            if not 0 <= offset <= self._arrays[slot].nbytes - size:
                raise ValueError(f"column {index}: byte {offset} is outside slot {slot}'s {self._arrays[slot].nbytes}")
            places[index].place.slot = slot
            places[index].place.offset = offset
            places[index].dtype = code


cdef object _copy(const int64_t *values, int64_t count):
    copy = np.empty(count, np.int64)
    if count:
        memcpy(cnp.PyArray_DATA(<cnp.ndarray>copy), values, count * sizeof(int64_t))
    return copy


cdef void _check_layout(cnp.ndarray array, place) except *:
    """``place`` is a slot, or the name of what the array is."""
    if cnp.PyArray_ISCARRAY_RO(array):
        return
    what = f"slot {place}" if isinstance(place, int) else place
    if not cnp.PyArray_IS_C_CONTIGUOUS(array):
        raise ValueError(f"{what}: the array must be C-contiguous; it has shape {_shape(array)} and gaps")
    raise ValueError(f"{what}: the array must be aligned and in the machine's byte order")


cdef tuple _shape(cnp.ndarray array):
    return (<object>array).shape


cdef int64_t _row_bytes(cnp.ndarray source) except -1:
    """The bytes of one sample, which an array without samples has too."""
    cdef int64_t size = cnp.PyArray_ITEMSIZE(source)
    cdef int axis
    for axis in range(1, source.ndim):
        size *= cnp.PyArray_DIM(source, axis)
    return size


cdef void _check_fed(staging, cnp.ndarray source, index, slot, int64_t batch) except *:
    """Whether ``batch`` rows of the source are what the array bound to its slot holds."""
    cdef int64_t row_bytes = _row_bytes(source)
    if staging.dtype != source.dtype:
        raise TypeError(f"source {index} is {source.dtype} but slot {slot} holds {staging.dtype}")
    if staging.nbytes != batch * row_bytes:
        raise ValueError(
            f"source {index}: {batch} rows are {batch * row_bytes} bytes, but slot {slot} holds {staging.nbytes}"
        )


cdef void _check_results(cnp.ndarray results, int64_t steps, int64_t columns) except *:
    if steps < 0:
        raise ValueError(f"steps is {steps}; it must be >= 0")
    if results.dtype != "float64" or _shape(results) != (steps, columns):
        raise ValueError(f"results must be float64 of shape {(steps, columns)}, not {results.dtype} {_shape(results)}")
    _check_layout(results, "results")
    if not cnp.PyArray_ISWRITEABLE(results):
        raise ValueError("results is read-only")


cdef const int64_t *_order_rows(order, list sources, int64_t first, int64_t batch, int64_t steps) except? NULL:
    """The address of ``order``'s rows, NULL for None, once every row that will be read is known to be there."""
    if first < 0 or batch < 0:
        raise ValueError(f"first is {first} and batch {batch}; they must be >= 0")
    end = first + <object>batch * steps
    samples = min([len(source) for source in sources], default=end)
    if order is None:
        if end > samples:
            raise IndexError(f"rows up to {end} are needed, but a source has {samples}")
        return NULL
    if not isinstance(order, cnp.ndarray) or order.dtype != "int64" or order.ndim != 1:
        raise TypeError("order must be a one-dimensional int64 array or None")
    _check_layout(order, "order")
    if end > len(order):
        raise IndexError(f"rows up to {end} of order are needed, but it has {len(order)}")
    used = order[first:end]
    if len(used) and sources and not 0 <= used.min() <= used.max() < samples:
        raise IndexError(f"order runs from {used.min()} to {used.max()}, but a source has {samples} rows")
    return <const int64_t *>cnp.PyArray_DATA(<cnp.ndarray>order)
