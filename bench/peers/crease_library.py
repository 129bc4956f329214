"""libcrease through ctypes. Only the beginnings of its structures are known here; the rest is room."""

import ctypes
import os
import pathlib

import numpy as np

import clock

Pointer, Size, Real = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_double
ROOM = 4096  # bytes: more than any structure needs


class CreaseError(Exception):
    """Its text is the library's sentence."""


class Subproblem(ctypes.Structure):  # crease_subproblem
    _fields_ = [("ctx", Pointer), ("backend", Pointer), ("n", Size), ("c", Pointer), ("d", Pointer), ("scalar", Real),
                ("metric", Pointer), ("x0", Pointer), ("v", Pointer), ("w", Real), ("psi", Pointer),
                ("groups", Pointer), ("paper_scale", Real), ("step", ctypes.c_ulong), ("unit", Pointer),
                ("observer", Pointer)]


class Task(ctypes.Structure):  # crease_shrink_task
    _fields_ = [("n", Size), ("groups", Pointer), ("c", Pointer), ("d", Pointer), ("scalar", Real), ("w", Real),
                ("lambda1", Real), ("lambda2", Real), ("ridge", Real), ("rule", ctypes.c_int),
                ("max_iters", ctypes.c_uint), ("work", Pointer)]


class Backend(ctypes.Structure):  # crease_backend
    _fields_ = [("name", ctypes.c_char_p), ("variant", ctypes.c_char_p), ("real_bytes", Size), ("roundoff", Real),
                ("vectors", 9 * Pointer), ("shrink_work", ctypes.CFUNCTYPE(Size, Pointer)),
                ("shrink_diag", ctypes.CFUNCTYPE(ctypes.c_int, Pointer, Pointer, Pointer))]


class Term(ctypes.Structure):  # crease_term
    _fields_ = [("psi", Pointer), ("groups", Pointer), ("block", ctypes.c_char_p)]


class AlgorithmHead(ctypes.Structure):  # crease_algorithm
    _fields_ = [("type", Pointer), ("opts", Pointer), ("ctx", Pointer), ("backend", Pointer), ("solver", Pointer),
                ("n", Size), ("x", ctypes.POINTER(Real))]


class DescentHead(ctypes.Structure):  # crease_descent
    _fields_ = [("ctx", Pointer), ("problem", Pointer), ("stopping", Pointer), ("solver", Pointer),
                ("algorithm", ctypes.POINTER(AlgorithmHead)), ("rest", ctypes.c_char * ROOM)]


class ErrorHead(ctypes.Structure):  # crease_error
    _fields_ = [("code", ctypes.c_int), ("file", ctypes.c_char_p), ("line", ctypes.c_int),
                ("sentence", ctypes.c_char * 1024)]


def find(given=None):
    """Path of the shared library, or None: as given, $CREASE_LIBRARY, or of the build in the working folder."""
    here = pathlib.Path.cwd()
    places = [given, os.environ.get("CREASE_LIBRARY"), *(here / p / ".libs" / "libcrease.so" for p in (".", "build"))]
    return next((str(p) for p in places if p and pathlib.Path(p).exists()), None)


class Crease:
    def __init__(self, path):
        lib = self.lib = ctypes.CDLL(path)
        for name in ("ctx_create", "backend_find", "problem_create", "regularizer_create", "solver_create"):
            getattr(lib, "crease_" + name).restype = Pointer
        lib.crease_ctx_error.restype = ctypes.POINTER(ErrorHead)
        self.kept = []  # what calls of oracles point to
        self.ctx = Pointer(lib.crease_ctx_create(None))
        lib.crease_ctx_set_threads(self.ctx, 1)
        self.backend = self.made(lib.crease_backend_find(self.ctx, b"cpu-f64"))

    def made(self, pointer):
        if not pointer:
            raise CreaseError(self.sentence())
        return Pointer(pointer)

    def check(self, code):
        if code != 0:
            raise CreaseError(self.sentence())

    def sentence(self):
        return self.lib.crease_ctx_error(self.ctx).contents.sentence.decode()

    # --- parts -----------------------------------------------------------------------------------------

    def regularizer(self, name, penalty):
        psi = self.made(self.lib.crease_regularizer_create(self.ctx, name.encode()))
        self.check(self.lib.crease_regularizer_set(psi, b"lambda", repr(float(penalty)).encode()))
        return psi

    def groups(self, labels, rule):
        room = ctypes.create_string_buffer(ROOM)
        labels = np.ascontiguousarray(labels, np.int64)
        self.check(self.lib.crease_groups_from_labels(self.ctx, Size(0), Size(len(labels)),
                                                      labels.ctypes.data_as(Pointer), room))
        self.check(self.lib.crease_groups_set_weight_rule(self.ctx, room, rule.encode()))
        return room

    def problem(self, name, settings):
        problem = self.made(self.lib.crease_problem_create(self.ctx, name.encode(), self.backend))
        for key, value in settings.items():
            self.check(self.lib.crease_problem_set(problem, key.encode(), value.encode()))
        self.check(self.lib.crease_problem_setup(problem))
        return problem

    # --- the exact oracle of the group lasso ---------------------------------------------------------------

    def oracle(self, d, c, weight, bare):
        """A function without arguments that solves min 1/2 x'Dx - c'x + weight |x|, and x, which it fills. bare: the
        kernel alone, on a work space that is there already."""
        x, groups = np.zeros(len(c)), self.groups(np.zeros(len(c), np.int64), "one")
        call, *owned = (self.kernel if bare else self.solver)(d, c, weight, x, groups)
        self.kept.append((d, c, x, groups, owned))

        def checked():
            if call() != 0:
                raise CreaseError(self.sentence())
        return checked, x

    def solver(self, d, c, weight, x, groups):
        psi, info = self.regularizer("group_l2", weight), ctypes.create_string_buffer(ROOM)
        p = Subproblem(ctx=self.ctx, backend=self.backend, n=len(c), c=c.ctypes.data, d=d.ctypes.data, w=1, psi=psi,
                       groups=ctypes.addressof(groups), paper_scale=1, step=1)
        exact = self.made(self.lib.crease_solver_create(self.ctx, b"exact", None))
        solve, where = self.lib.crease_solver_solve, (exact, ctypes.byref(p), Pointer(x.ctypes.data), info)
        return (lambda: solve(*where)), psi, info, p, exact

    def kernel(self, d, c, weight, x, groups):
        backend = Backend.from_address(self.backend.value)
        at, stats = Pointer(ctypes.addressof(groups)), ctypes.create_string_buffer(ROOM)
        work = np.zeros(backend.shrink_work(at) // 8 + 9)
        aligned = -(-work.ctypes.data // 64) * 64
        task = Task(n=len(c), groups=at, c=c.ctypes.data, d=d.ctypes.data, w=1, lambda2=weight, max_iters=100,
                    work=aligned)
        run, where = backend.shrink_diag, (ctypes.addressof(task), x.ctypes.data, ctypes.addressof(stats))
        return (lambda: run(*where)), stats, work, task

    # --- a whole problem ----------------------------------------------------------------------------------

    def descend(self, case, method, goal, most=200000):
        """Seconds and w of one run of a deterministic algorithm, from zero until its relative residual is below
        `goal`, everything from the setting up of the algorithm on in the clock. The data are read anew each time, so
        that nothing is known of them before; that is not counted."""
        lib, d, term = self.lib, DescentHead(), Term(block=b"weight")
        problem = self.problem(case.loss, {"data": case.file, "bias": "false"})
        psi = self.regularizer("l1" if case.is_l1 else "group_l2", case.penalty)
        groups = self.groups(case.groups, "one" if case.is_l1 else "sqrt_size")
        term.psi, term.groups = psi, ctypes.addressof(groups)
        try:
            start = clock.now()
            self.check(lib.crease_descent_create(self.ctx, problem, ctypes.byref(term), Size(1), method.encode(), None,
                                                 ctypes.byref(d)))
            self.check(lib.crease_descent_run(ctypes.byref(d), Real(goal), ctypes.c_ulong(2000), ctypes.c_ulong(most)))
            seconds = clock.since(start)
            x = d.algorithm.contents
            return seconds, np.ctypeslib.as_array(x.x, (x.n,)).copy()
        finally:
            lib.crease_descent_free(ctypes.byref(d))
            lib.crease_problem_free(problem)
            lib.crease_regularizer_free(psi)
            lib.crease_groups_free(self.ctx, groups)
