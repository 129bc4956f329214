"""All claims of a reference: a minimizer of f + psi, its margins and what certifies them."""

import os

import numpy as np

from . import Trouble, Unchecked, artifacts, claims, curvature, penalties, relative, settings
from .arithmetic import Arithmetic
from .claims import FAILS, HOLDS, Claim, Figure, judge
from .data import Finder
from .runs import make_model

TIGHT = 1e-9  # of a threshold: slack below which a unit counts as tight
SINGULAR = 1e-12  # of the largest eigenvalue: a least one below it is none
SPECTRUM = 1e-8  # of the largest eigenvalue: what an iterative method may miss
NAME = "reference"


class Reference:
    def __init__(self, path, problem_file, data_folder=None, arithmetic=None):
        self.arithmetic, self.established = arithmetic or Arithmetic(), {}
        self.config = settings.read(problem_file)
        if not isinstance(self.config, dict) or not isinstance(self.config.get("problem"), dict):
            raise Trouble(f"{problem_file} names no problem")
        self.store = artifacts.Store(path)
        if self.store.attributes.get("format") is None or "x" not in self.store:
            raise Trouble(f"{path} is no reference")
        source = self.store.attributes.get("source", b"").decode("utf-8", "replace")
        self.model, self.no_model = None, None
        try:
            # a reference is solved in double, whatever its experiment runs in
            self.model = make_model(self.config, Finder(data_folder, source), self.arithmetic, "cpu-f64")
        except Unchecked as reason:
            self.no_model = reason

    def check(self):
        found = [self._checksum()]
        if not self.model:
            return found + [Claim(NAME, "objective", self.stated("objective"), note=str(self.no_model))]
        x = np.ascontiguousarray(self.store["x"], dtype=float)
        if len(x) != self.model.n:
            raise Trouble(f"the reference has {len(x)} parameters, the problem {self.model.n}")
        specs = self.config.get("regularizers") or next(
            (m["regularizers"] for m in self.config.get("algorithms") or [] if m.get("regularizers")), [])
        try:
            specs = relative.resolve(specs, self.model,
                                     lambda spec: penalties.make(spec, self.model.blocks(), len(x)))
            self.terms = [penalties.make(spec, self.model.blocks(), len(x)) for spec in specs]
        except Unchecked as reason:
            return found + [Claim(NAME, "objective", self.stated("objective"), note=str(reason))]
        self.point, = self.model.evaluate([x])
        self.established = {NAME: claims.established(self.model, [(self.point, self.terms)])}
        return found + self._smooth() + self._structure() + self._curvature() + self._words()

    def stated(self, name):
        value = float(self.store.attributes.get(name, np.nan))
        return None if np.isnan(value) else value

    def _checksum(self):
        same = self.store.stated == self.store.actual
        return Claim(NAME, f"checksum of {os.path.basename(self.store.path)}", self.store.stated.rsplit(" ")[-1],
                     self.store.actual.rsplit(" ")[-1], None, None, HOLDS if same else FAILS,
                     "" if same else "the bytes are not those that were written")

    def _guard(self, names, function):
        """The claims of a function, or why there are none."""
        try:
            return function()
        except Unchecked as reason:
            return [Claim(NAME, name, self.stated(name), note=str(reason)) for name in names]

    def _smooth(self):
        p, wide = self.point, self.arithmetic.wide
        value, lost = claims.psi(p.x, self.terms, wide)
        found = [judge(NAME, "objective", self.stated("objective"), Figure(p.value + value, p.value_allowed + lost))]
        off = np.abs(self.store["gradient"] - p.gradient).astype(float)
        worst = int(np.argmax(off - p.gradient_allowed))
        found.append(self._array("gradient", off[worst], p.gradient_allowed[worst]))
        return found + self._guard(["certificate"], self._certificate)

    def _array(self, name, difference, allowed, note=""):
        verdict = HOLDS if difference <= allowed else FAILS
        return Claim(NAME, name, "", "", float(difference), float(allowed), verdict, note)

    def _certificate(self):
        """max over groups of dist(0, grad_g f + dpsi_g) / max(|grad_g f|, slope of psi at 0)."""
        p, relative, moved, steepest = self.point, [0.0], [0.0], [0.0]
        covered = claims.need_disjoint(self.terms, len(p.x))
        for term in self.terms:
            if not isinstance(term, penalties.Shrink):
                raise Unchecked(f"{term.name}: there is no scale here for its residual")
            scale = np.maximum(term.groups.norms(term.take(p.gradient)).astype(float), term.steepest())
            scale = np.where(scale > 0, scale, np.inf)
            relative += list(term.groups.norms(term.least(p.x, p.gradient)).astype(float) / scale)
            moved += list(term.groups.norms(term.take(p.gradient_allowed)) / scale)
            steepest += list(term.steepest())
        free = max(steepest) or 1.0
        relative.append(float(np.linalg.norm(p.gradient[~covered].astype(float))) / free)
        moved.append(float(np.linalg.norm(p.gradient_allowed[~covered])) / free)
        return [judge(NAME, "certificate", self.stated("certificate"),
                      Figure(max(relative), max(moved) + 64 * claims.ROUNDOFF))]

    # --- structure ---------------------------------------------------------------------------------

    def _structure(self):
        return self._guard(["unit", "delta", "Delta", "degenerate"], self._units)

    def _units(self):
        p = self.point
        figures = claims.margins(p, self.terms, self.arithmetic.wide)
        slack, size, moved = self._margins()
        unit, theirs = claims.signature(p.x, self.terms), self.store["unit"]
        wrong = int((unit != theirs).sum()) if unit.shape == theirs.shape else len(unit)
        found = [Claim(NAME, "unit (live units)", int((theirs != 0).sum()), int((unit != 0).sum()), wrong, 0,
                       FAILS if wrong else HOLDS, f"{wrong} of {len(unit)} units differ" if wrong else "")]
        found.append(judge(NAME, "delta", self.stated("delta"), figures["margin_zero_min"]))
        found.append(judge(NAME, "Delta", self.stated("Delta"), figures["margin_live_min"]))
        for name, ours in ("slack", slack), ("size", size):
            theirs = self.store[name]
            same = theirs.shape == ours.shape and (np.isnan(theirs) == np.isnan(ours)).all()
            off = np.nan_to_num(np.abs(theirs - ours)) if same else np.full(len(ours), np.inf)
            allowed = moved if name == "slack" else 64 * claims.ROUNDOFF * np.nan_to_num(ours) + 1e-300
            worst = int(np.argmax(off - allowed))
            found.append(self._array(name, off[worst], allowed[worst]))
        return found + self._tight(slack, moved)

    def _margins(self):
        """slack, size and what rounding may move the slack by, as doubles."""
        parts = []
        for term in self.terms:
            if term.has_units:
                parts.append(term.margins(self.point.x.astype(self.arithmetic.wide), self.point.gradient,
                                          self.point.gradient_allowed))
        slack, size, moved = (np.concatenate(part).astype(float) for part in zip(*parts))
        return slack, size, moved + 64 * claims.ROUNDOFF * np.nan_to_num(np.abs(slack)) + 1e-15

    def _tight(self, slack, moved):
        """The tight set, where rounding leaves it decided."""
        threshold, theirs = self.store["threshold"], self.store["tight"].astype(bool)
        held = ~np.isnan(slack)
        at_least = ~held | ((threshold > 0) & (slack + moved <= TIGHT * threshold))
        at_most = ~held | ((threshold > 0) & (slack - moved <= TIGHT * threshold))
        wrong = int((theirs & ~at_most).sum() + (at_least & ~theirs).sum())
        found = [Claim(NAME, "tight (units)", int(theirs.sum()), int((~held | (slack <= TIGHT * threshold)).sum()),
                       wrong, 0, FAILS if wrong else HOLDS, f"{wrong} units differ" if wrong else "")]
        degenerate = bool((theirs & held).any())
        return found + [judge(NAME, "degenerate", self.stated("degenerate"), Figure(float(degenerate)))]

    # --- curvature ---------------------------------------------------------------------------------

    def _curvature(self):
        return self._guard(["least_eigenvalue", "largest_eigenvalue", "unique"], self._eigenvalues)

    def _eigenvalues(self):
        if self.stated("least_eigenvalue") is None:
            raise Unchecked("nothing is claimed")
        moving = ~claims.need_disjoint(self.terms, len(self.point.x))
        tight, at = self.store["tight"].astype(bool), 0
        for term in self.terms:
            units = len(term.signature(self.point.x)) if term.has_units else 0
            mark = tight[at: at + units]
            moving[term.groups.entry] = mark if units == len(term.groups.entry) else mark[term.groups.of]
            at += units
        least, largest = curvature.eigenvalues(self.model, self.point, self.terms, moving)
        off = SPECTRUM * largest + 16 * self.model.unit * largest
        claimed = {name: self.stated(name) for name in ("least_eigenvalue", "largest_eigenvalue", "unique")}
        unique = Figure(float(claimed["least_eigenvalue"] > SINGULAR * claimed["largest_eigenvalue"]))
        return [judge(NAME, "least_eigenvalue", claimed["least_eigenvalue"], Figure(least, off)),
                judge(NAME, "largest_eigenvalue", claimed["largest_eigenvalue"], Figure(largest, off)),
                judge(NAME, "unique", claimed["unique"], unique)]

    def _words(self):
        return [Claim(NAME, name, self.stated(name), note="how it was found") for name in ("iterations", "seconds")]
