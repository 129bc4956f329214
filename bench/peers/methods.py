"""Who takes part: each method prepares a case (not counted) and solves it to a tolerance of its own (counted).

prepare(case, library) gives a function tolerance -> (seconds, w). It does what belongs to no solve, such as compiling:
with numba, some of the rows are solved first, with a lambda at which not all is zero. `applies` says which cases a
method takes.
"""

import contextlib
import dataclasses
import io
import warnings

import numpy as np

import clock

SOME = 50  # every so manieth row, where a solve is there to compile
FALLING = tuple(10.0**-k for k in range(5, 16))
FURTHER = tuple(10.0**-k for k in range(9, 31))  # of squared changes
GROWING = tuple(50 * 3**k for k in range(10))  # iterations, where a method has no tolerance of its own


@dataclasses.dataclass(frozen=True)
class Method:
    package: str
    applies: object
    prepare: object
    tolerances: tuple = FALLING
    preparation: int = 5  # seconds that may go before the first solve


def is_l1(case):
    return case.loss == "logistic" and case.is_l1


def is_logistic(case):
    return case.loss == "logistic"


def is_grouped(case):
    return case.loss == "logistic" and not case.is_l1


def anything(case):
    return True


def timed(solve):
    """Seconds of the processor, all threads together, and what solve() gives. What peers print or warn of is lost."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        start = clock.now()
        answer = solve()
        return clock.since(start), answer


def by_column(X):
    from scipy.sparse import issparse
    return X.tocsc() if issparse(X) else np.asfortranarray(X)


# --- scikit-learn and celer: |w|_1 + C sum of losses ---------------------------------------------------

def sklearn(solver):
    def prepare(case, library):
        from sklearn.linear_model import LogisticRegression
        C = 1 / (case.penalty * len(case.y))

        def solve(tolerance):
            model = LogisticRegression(l1_ratio=1, C=C, solver=solver, fit_intercept=False, tol=tolerance,
                                       max_iter=100000, random_state=0)
            seconds, _ = timed(lambda: model.fit(case.X, case.y))
            return seconds, model.coef_.ravel()
        return solve
    return prepare


def celer(case, library):
    from celer import LogisticRegression
    C, X = 1 / (case.penalty * len(case.y)), by_column(case.X)

    def solve(tolerance):
        model = LogisticRegression(C=C, tol=tolerance, max_iter=1000)
        seconds, _ = timed(lambda: model.fit(X, case.y))
        return seconds, model.coef_.ravel()
    return solve


# --- skglm --------------------------------------------------------------------------------------------

def skglm_l1(case, library):
    from skglm import SparseLogisticRegression
    X = by_column(case.X)

    def fit(X, y, penalty, tolerance):
        model = SparseLogisticRegression(alpha=penalty, fit_intercept=False, tol=tolerance, max_iter=1000,
                                         max_epochs=100000)
        seconds, _ = timed(lambda: model.fit(X, y))
        return seconds, model.coef_.ravel()
    fit(by_column(case.X[::SOME]), case.y[::SOME], case.penalty / 10, 1e-4)
    return lambda tolerance: fit(X, case.y, case.penalty, tolerance)


def skglm_groups(case, library):
    """Its solver for groups takes dense data alone."""
    from scipy.sparse import issparse
    from skglm.datafits import LogisticGroup
    from skglm.penalties import WeightedGroupL2
    from skglm.solvers import GroupProxNewton
    from skglm.utils.jit_compilation import compiled_clone
    X = np.asfortranarray(case.X.toarray() if issparse(case.X) else case.X)
    indices = np.arange(X.shape[1], dtype=np.int32)
    starts = np.append(np.flatnonzero(np.diff(case.groups, prepend=-1)), len(indices)).astype(np.int32)
    loss = compiled_clone(LogisticGroup(starts, indices))

    def fit(X, y, penalty, tolerance):
        psi = compiled_clone(WeightedGroupL2(penalty, case.weights, starts, indices))
        solver = GroupProxNewton(tol=tolerance, max_iter=1000, max_pn_iter=10000)
        seconds, answer = timed(lambda: solver.solve(X, y, loss, psi))
        return seconds, np.ravel(answer[0])
    with contextlib.suppress(np.linalg.LinAlgError):  # columns may be empty in some of the rows
        fit(np.asfortranarray(X[::SOME]), case.y[::SOME], case.penalty / 10, 1e-4)
    return lambda tolerance: fit(X, case.y, case.penalty, tolerance)


# --- adelie -------------------------------------------------------------------------------------------

def adelie(case, library):
    import adelie as ad
    from scipy.sparse import issparse
    X = by_column(case.X)
    X = ad.matrix.sparse(X, method="naive", n_threads=1) if issparse(X) else ad.matrix.dense(
        X, method="naive", n_threads=1)
    columns, penalty, groups = case.X.shape[1], case.penalty, None
    if case.loss == "logistic":
        loss, classes = ad.glm.binomial((case.y > 0).astype(float)), 1
        groups = np.flatnonzero(np.diff(case.groups, prepend=-1))
    else:  # its loss is divided by the number of classes
        classes = int(case.y.max()) + 1
        loss, penalty = ad.glm.multinomial(np.eye(classes)[case.y]), penalty / classes

    def solve(tolerance):
        seconds, state = timed(lambda: ad.grpnet(
            X, loss, groups=groups, penalty=case.weights, lmda_path=np.array([penalty]), tol=tolerance,
            irls_tol=tolerance, intercept=False, early_exit=False, adev_tol=1, progress_bar=False, n_threads=1))
        w = np.ravel(state.betas[-1].toarray()) if state.betas.shape[0] else np.zeros(columns * classes)
        return seconds, w.reshape(columns, classes).T.ravel()
    return solve


# --- pyproximal: accelerated proximal gradient on a loss of one's own -------------------------------------

def pyproximal(case, library):
    import pyproximal
    import certificates
    loss, X, y = certificates.LOSSES[case.loss], case.X, case.y

    class Smooth(pyproximal.ProxOperator):
        def __init__(self):
            super().__init__(None, True)

        def __call__(self, w):
            return loss(X, y, w)[0]

        def grad(self, w):
            return loss(X, y, w)[1]

    class Groups(pyproximal.ProxOperator):
        def __call__(self, w):
            return float(case.lambdas @ np.sqrt(np.bincount(case.groups, w * w)))

        def prox(self, w, tau):
            size = np.sqrt(np.bincount(case.groups, w * w))
            shrink = np.maximum(1 - tau * case.lambdas / np.where(size > 0, size, np.inf), 0)
            return shrink[case.groups] * w

    def curvature():
        """A bound on the largest eigenvalue of X'X/n over 4 (over 2 for classes), by power iteration."""
        v = np.ones(X.shape[1])
        for _ in range(30):
            v = X.T @ (X @ v)
            size = np.linalg.norm(v)
            v /= size
        return 1.1 * size / len(y) / (4 if case.loss == "logistic" else 2)

    def solve(iterations):
        return timed(lambda: np.asarray(pyproximal.optimization.primal.ProximalGradient(
            Smooth(), Groups() if not case.is_l1 else pyproximal.L1(case.penalty), np.zeros(len(case.groups)),
            tau=1 / curvature(), niter=iterations, acceleration="fista")))
    return solve


# --- Crease -------------------------------------------------------------------------------------------

def crease(algorithm):
    def prepare(case, library):
        return lambda tolerance: library.descend(case, algorithm, tolerance)
    return prepare


METHODS = {
    "crease manifold_newton": Method("crease", anything, crease("manifold_newton")),
    "crease farsa_group": Method("crease", anything, crease("farsa_group")),
    "crease prox_newton": Method("crease", anything, crease("prox_newton")),
    "crease fista": Method("crease", anything, crease("fista")),
    "celer": Method("celer", is_l1, celer),
    "skglm": Method("skglm", is_l1, skglm_l1, preparation=60),
    "skglm groups": Method("skglm", is_grouped, skglm_groups, preparation=60),
    "adelie": Method("adelie", anything, adelie, FURTHER),
    "sklearn liblinear": Method("sklearn", is_l1, sklearn("liblinear")),
    "sklearn saga": Method("sklearn", is_l1, sklearn("saga")),
    "pyproximal": Method("pyproximal", anything, pyproximal, GROWING),
}
