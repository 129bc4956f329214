"""All claims of a run folder."""

import os

import numpy as np

from . import Trouble, Unchecked, artifacts, claims, penalties, relative, settings
from .arithmetic import Arithmetic
from .claims import FAILS, HOLDS, UNCHECKED, Claim, Figure, judge
from .data import Finder, load
from .losses import LOSSES, TARGETS
from .model import Model

SMOOTH = ("loss", "objective", "test_", "stationarity", "prox_gradient", "margin_zero_min", "margin_live_min",
          "wrongly_zero")
STRUCTURE = ("sparsity", "epoch", "lr", "momentum", "hamming", "last_change_epoch", "live_units")
BATCH = 8  # runs evaluated in one pass over the data
HISTORY = "history of the run; as in trace.csv"
PRINTED = 2.0**-52  # a JSON number may be off by the last bit of the one in trace.csv


def unit_of(backend):
    """The roundoff of a backend, by its name."""
    return 2.0**-53 if str(backend).endswith("f64") else 2.0**-24


def make_model(config, finder, arithmetic, backend=None):
    problem = config["problem"]
    kind = problem.get("type")
    if kind not in LOSSES:
        raise Unchecked(f"the problem '{kind}' has no mathematics here")
    data = load(problem, TARGETS[kind], finder)
    loss = LOSSES[kind]({"huber_delta": 1, **problem})
    return Model(problem, loss, data, unit_of(backend or config.get("backend")), arithmetic)


def net_blocks(problem, first, n):
    """name -> (offset, shape) of relu_net, without its data; None: the problem has one block alone."""
    if problem.get("type") != "relu_net":
        return None
    hidden, inputs = first
    output = hidden * (inputs + bool(problem.get("hidden_bias")))
    classes = (n - output) // (hidden + 1)
    return {"input": (0, first), "output": (output, (classes, hidden)), "output_bias": (n - classes, (classes,))}


class Folder:
    def __init__(self, path, data_folder=None, arithmetic=None):
        self.path, self.arithmetic = path, arithmetic or Arithmetic()
        if not os.path.isdir(path):
            raise Trouble(f"{path}: no such directory")
        self.config = settings.read(os.path.join(path, "config.yaml"))
        if not isinstance(self.config, dict) or "problem" not in self.config:
            raise Trouble(f"{path}/config.yaml names no problem")
        summary = os.path.join(path, "summary.json")
        self.summary = artifacts.read_json(summary) if os.path.exists(summary) else {}
        source = self.summary.get("problem", {}).get("source", "")
        self.finder = Finder(data_folder, source)
        self.model, self.no_model = None, None
        try:
            self.model = make_model(self.config, self.finder, self.arithmetic)
        except Unchecked as reason:
            self.no_model = reason
        self.found, self.established, self.notes = [], {}, []

    def check(self):
        """Fills found and established."""
        states = [RunState(self, run) for run in artifacts.runs(self.path, self.config)]
        if not states:
            raise Trouble(f"{self.path} holds no run that its config.yaml names")
        ready = [s for s in states if s.can_evaluate]
        for i in range(0, len(ready), BATCH):
            self._evaluate(ready[i: i + BATCH])
        for state in states:
            self.found += state.claims()
        return self.found

    def _evaluate(self, states):
        points = {p.tobytes(): p for s in states for p in (s.x, s.hat)}
        evaluated = dict(zip(points, self.model.evaluate(list(points.values()))))
        merits = self.model.merit([s.x for s in states])
        pairs = {}
        for state, merit in zip(states, merits):
            both = [evaluated[p.tobytes()] for p in (state.x, state.hat)]
            state.figures.update(claims.smooth_figures(both, merit, state.terms, self.arithmetic.wide))
            pairs.update({(state.run.name, id(p)): (p, state.terms) for p in both})
        bounds = dict(zip(pairs, claims.established(self.model, list(pairs.values()))))
        for state in states:
            self.established[state.run.name] = [
                bounds[state.run.name, id(evaluated[p.tobytes()])] for p in (state.x, state.hat)]


class RunState:
    """One run: what it claims, what it left, and the figures recomputed from that."""

    def __init__(self, folder, run):
        self.folder, self.run, self.figures = folder, run, {}
        self.result = artifacts.read_json(run.path("result.json")) if os.path.exists(run.path("result.json")) else {}
        self.final = self.result.get("final") or {}
        self.x = self.hat = self.terms = self.checkpoint = self.masks = self.blocked = None
        try:
            self.trace = artifacts.last_values(run.path("trace.csv"))
        except Unchecked:
            self.trace = {}
        self.stores = []
        self._open()

    def _open(self):
        for name in "checkpoint", "masks":
            try:
                setattr(self, name, artifacts.Store(self.run.path(f"{name}.h5")))
                self.stores.append(getattr(self, name))
            except Unchecked as reason:
                self.blocked = self.blocked or str(reason)
        try:
            self._load()
        except Unchecked as reason:
            self.blocked = self.blocked or str(reason)

    def _load(self):
        if not self.checkpoint:
            return
        if self.checkpoint.number("step") != 0:
            raise Unchecked("the checkpoint stands inside an epoch")
        self.x, self.hat = (np.ascontiguousarray(self.checkpoint[k], dtype=float) for k in ("x", "hat"))
        model, weight = self.folder.model, self.masks.arrays.get("weight") if self.masks else None
        specs = self.run.method.get("regularizers", self.folder.config.get("regularizers")) or []
        if model:
            if len(self.x) != model.n:
                raise Unchecked(f"the checkpoint has {len(self.x)} parameters, the problem {model.n}")
            blocks = model.blocks()
        else:
            if weight is None:
                raise Unchecked(str(self.folder.no_model))
            blocks = net_blocks(self.folder.config["problem"], weight.shape, len(self.x)) or {
                name: (0, weight.shape) for name in {s.get("block") for s in specs} if name != "all"}
        specs = relative.resolve(specs, model, lambda spec: penalties.make(spec, blocks, len(self.x)))
        self.terms = [penalties.make(spec, blocks, len(self.x)) for spec in specs]
        self.figures.update(claims.structure(self.x, self.hat, self.terms, self.masks))
        if not any(term.has_units and term.hidden for term in self.terms):
            self.figures["live_units"] = Figure(int((claims.signature(self.hat, self.terms) != 0).sum()))
        for key in "epoch", "lr", "momentum":
            value = self.checkpoint.number(key)
            self.figures[key] = Figure(value, PRINTED * abs(value))

    @property
    def can_evaluate(self):
        return bool(self.folder.model and self.terms is not None and np.isfinite(self.x).all()
                    and np.isfinite(self.hat).all())

    # --- verdicts ----------------------------------------------------------------------------------

    def claims(self):
        found = [self._claim(name, value) for name, value in self.final.items()]
        if all(claim.claimed is None for claim in found):
            status = self.result.get("status", "there is no result")
            found = [Claim(self.run.name, "final figures", None, note=f"nothing is claimed: {status}")]
        found += self._files()
        if self.terms is not None and self.masks:
            found += claims.masks_claims(self.run.name, self.x, self.hat, self.terms, self.masks)
        return found

    def _claim(self, name, value):
        run = self.run.name
        seen = self.trace.get(name)
        if seen and value is not None and name not in self.figures:
            difference, allowed = abs(seen[1] - value), PRINTED * abs(value)
            if difference > allowed:
                return Claim(run, name, value, seen[1], difference, allowed, FAILS, "trace.csv says otherwise")
        figure = self.figures.get(name)
        if isinstance(figure, Unchecked):
            return Claim(run, name, value, note=str(figure))
        if figure is None:
            return Claim(run, name, value, note=self._why_not(name, seen))
        if value is None and not name.startswith("margin"):
            if np.isnan(float(figure.value)):
                return judge(run, name, value, figure)
            return Claim(run, name, value, float(figure.value), note="nothing is claimed")
        if value is None and self.final.get("wrongly_zero") is None:
            return Claim(run, name, value, note="nothing is claimed")
        if self.checkpoint and seen and seen[0] != self.checkpoint.number("epoch"):
            return Claim(run, name, value, note=f"of epoch {seen[0]:.0f}; the checkpoint is of epoch "
                                                f"{self.checkpoint.number('epoch'):.0f}")
        return judge(run, name, value, figure)

    def _why_not(self, name, seen):
        if name.startswith(SMOOTH) and (self.blocked or self.folder.no_model):
            return str(self.blocked or self.folder.no_model)
        if name.startswith(SMOOTH) and not self.can_evaluate:
            return "the final point is not finite"
        if self.blocked and name.startswith(STRUCTURE):
            return self.blocked
        return HISTORY if seen else "nothing is claimed" if self.final[name] is None else "not in trace.csv"

    def _files(self):
        """Checksums; the configuration that the checkpoint carries; the summary's copy of the result."""
        run, found = self.run.name, []
        for store in self.stores:
            same = store.stated == store.actual
            found.append(Claim(run, f"checksum of {os.path.basename(store.path)}", store.stated.rsplit(" ")[-1],
                               store.actual.rsplit(" ")[-1], None, None, HOLDS if same else FAILS,
                               "" if same else "the bytes are not those that were written"))
        if self.checkpoint and "identity" in self.checkpoint:
            found.append(self._configuration())
        for copy in self.folder.summary.get("runs", []):
            if (copy.get("algorithm"), copy.get("seed")) == (self.run.method.get("label"), self.run.seed):
                same = copy.get("final") == self.final
                found.append(Claim(run, "summary.json", "", "", None, None, HOLDS if same else FAILS,
                                   "" if same else "its final figures are not those of result.json"))
        return found

    def _configuration(self):
        carried = bytes(self.checkpoint["identity"].astype(np.uint8)).decode("utf-8", "replace")
        with open(os.path.join(self.folder.path, "config.yaml"), encoding="utf-8") as file:
            text = "".join(line for line in file if not line.startswith("#"))
        same = carried.endswith(text)
        return Claim(self.run.name, "configuration", "", "", None, None, HOLDS if same else FAILS,
                     "" if same else "config.yaml is not what the checkpoint was made with")


def exit_status(found):
    if any(c.verdict == FAILS for c in found):
        return 1
    return 0 if any(c.verdict == HOLDS for c in found) else 2


__all__ = ["Folder", "exit_status", "make_model", "unit_of", "UNCHECKED"]
