"""Tests of the mathematics of crease verify, by identities that it does not use: exact products against rational
numbers, known answers of the generator, conjugates against Fenchel's inequality, proximal maps and least subgradients
against each other, duality gaps against minimizers.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) as verify_support.py says.
"""

import fractions
import sys
import unittest

sys.dont_write_bytecode = True
from verify_support import finish  # noqa: E402

import numpy as np  # noqa: E402
from crease.verify import Trouble, arithmetic, gap, generated, groups, losses, model, penalties, settings  # noqa: E402
from crease.verify.data import Data, Table  # noqa: E402
from crease.verify.readers import Raw  # noqa: E402


class Products(unittest.TestCase):
    def exact(self, a, b):
        return [[sum((fractions.Fraction(float(p)) * fractions.Fraction(float(q)) for p, q in zip(row, column)),
                     fractions.Fraction(0)) for column in b.T] for row in a]

    def test_slices_and_plain_products_keep_their_bounds(self):
        rng = np.random.default_rng(1)
        for shape in (3, 40, 2), (2, 1, 3), (4, 700, 1):
            a = rng.standard_normal(shape[:2]) * 10.0 ** rng.uniform(-6, 6, (shape[0], 1))
            b = rng.standard_normal(shape[1:]) * 10.0 ** rng.uniform(-3, 3, (1, shape[2]))
            a[0, 0] = 0
            for small in (0, 1e9):
                value, bound = arithmetic.Arithmetic(small=small).product(a, b)
                for i, row in enumerate(self.exact(a, b)):
                    for j, truth in enumerate(row):
                        head = float(value[i, j])
                        rest = fractions.Fraction(float(value[i, j] - head))
                        error = abs(float(fractions.Fraction(head) + rest - truth))
                        self.assertLessEqual(error, bound[i, j])
                self.assertLess(bound.max(), 1e-13 * shape[1] * np.abs(a).max() * np.abs(b).max())

    def test_machines_without_a_wider_type_say_so(self):
        double = arithmetic.Arithmetic(np.float64)
        self.assertIn("no type that is wider than double", double.describe())
        self.assertEqual(double.product(np.ones((1, 2)), np.ones((2, 1)))[0].dtype, np.float64)

    def test_segments(self):
        sums = arithmetic.segment_sums(np.arange(5.0), [0, 0, 2, 2, 5, 5])
        np.testing.assert_array_equal(sums, [0, 1, 0, 9, 0])


class Numbers(unittest.TestCase):
    def test_philox_known_answers(self):
        """From the Random123 distribution: kat_vectors, philox4x32 10."""
        words = generated.philox(0, 0, np.array([0]))[0]
        self.assertEqual([f"{int(w):08x}" for w in words], ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"])
        ones = 2**64 - 1
        words = generated.philox(ones, ones, np.array([ones], dtype=np.uint64))[0]
        self.assertEqual([f"{int(w):08x}" for w in words], ["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"])
        place = np.array([0x85a308d3243f6a88], dtype=np.uint64)
        pi = generated.philox(0x299f31d0a4093822, 0x0370734413198a2e, place)[0]
        self.assertEqual([f"{int(w):08x}" for w in pi], ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"])

    def test_settings(self):
        text = ("# comment\na: 1\nb: \"x # y\\x41\"\nlist:\n  - type: l1   # behind\n    lambda: 1e-3\n"
                "    deep:\n      k: [1, -2.5, word]\n  - {type: none, q: {r: true}}\nempty: []\n")
        self.assertEqual(settings.parse(text), {
            "a": 1, "b": "x # yA", "empty": [],
            "list": [{"type": "l1", "lambda": 0.001, "deep": {"k": [1, -2.5, "word"]}},
                     {"type": "none", "q": {"r": True}}]})
        for wrong in ("a: [1", "a: 1\n   b: 2", "just words", "a: 1\na: 2", 'a: "x'):
            with self.assertRaises(Trouble, msg=wrong):
                settings.parse(wrong)


def conjugate_pairs():
    rng = np.random.default_rng(5)
    for name, kind in losses.LOSSES.items():
        loss = kind({"huber_delta": 0.7})
        if not loss.convex:
            continue
        target = losses.TARGETS[name]
        z = rng.standard_normal((50, 4 if name == "softmax" else 1)).astype(np.longdouble)
        y = {"classes": rng.integers(0, 4, 50), "signs": rng.choice([-1.0, 1.0], 50),
             "numbers": rng.standard_normal(50), "counts": rng.integers(0, 5, 50).astype(float)}[target]
        yield name, loss, z, y


class Losses(unittest.TestCase):
    def test_slopes_are_derivatives(self):
        for name, loss, z, y in conjugate_pairs():
            h = np.zeros_like(z)
            h[:, 0] = 1e-6
            ratio = (loss.value(z + h, y) - loss.value(z - h, y)) / 2e-6
            slope = loss.slope(z, y)[:, 0].astype(float)
            np.testing.assert_allclose(ratio.astype(float), slope, atol=1e-5, err_msg=name)
            above, below = loss.slope(z + h, y), loss.slope(z - h, y)
            bend = ((above - below)[:, 0] / 2e-6).astype(float)
            second = loss.second(z.astype(float), y)[:, 0, 0]
            smooth = np.abs(bend - second) < 1e-4
            self.assertGreater(smooth.mean(), 0.95 if name in ("svm_squared_hinge", "huber_regression") else 0.999, name)

    def test_conjugates_meet_their_inequality_with_equality_at_the_slope(self):
        for name, loss, z, y in conjugate_pairs():
            u = loss.slope(z, y)
            touch = loss.value(z, y) + loss.conjugate(u, y) - (u * z).sum(axis=1)
            np.testing.assert_allclose(touch.astype(float), 0, atol=1e-15, err_msg=name)
            other = z + 0.5
            above = loss.value(other, y) + loss.conjugate(0.7 * u, y) - (0.7 * u * other).sum(axis=1)
            self.assertGreaterEqual(above.min(), -1e-17, name)

    def test_balanced_points_sum_to_zero_inside_the_domain(self):
        for name, loss, z, y in conjugate_pairs():
            shift = loss.center(z, y)
            self.assertLess(np.abs(loss.slope(z + shift, y).sum(axis=0)).max(), 1e-6, name)
            u = loss.balance(loss.slope(z + shift, y), y)
            self.assertLess(np.abs(u.sum(axis=0)).max(), 1e-16, name)
            self.assertTrue(np.isfinite(loss.conjugate(u, y).astype(float)).all(), name)


SPECS = [{"type": "l1", "lambda": 0.4},
         {"type": "l1", "lambda": 0.4, "weights": [1, 2, 0.5, 0, 1, 3], "groups": "size:6"},
         {"type": "elastic_net", "lambda": 0.3, "tau": 0.5}, {"type": "group_l2", "lambda": 0.3, "ridge": 0.2},
         {"type": "group_l2", "lambda": 0.3, "scale": 2}, {"type": "group_elastic_net", "lambda": 0.2, "tau": 0.7},
         {"type": "sparse_group", "lambda1": 0.2, "lambda2": 0.2}, {"type": "nonneg_group", "lambda": 0.3},
         {"type": "nuclear", "lambda": 0.5, "rows": 2}, {"type": "box", "lower": -0.3, "upper": 0.6},
         {"type": "nonneg"}, {"type": "none"}]

BLOCKS = {"weight": (0, (2, 6))}


def terms():
    for spec in SPECS:
        full = {"groups": "size:6" if spec["type"] == "nuclear" else "size:3", **spec}
        yield full, penalties.make(full, BLOCKS, 12)


class Penalties(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(11)

    def points(self, count=30):
        return self.rng.standard_normal((count, 12)).astype(np.longdouble) * self.rng.choice([0.2, 1, 3], (count, 1))

    def spread(self, term, values):
        out = np.zeros(12, np.longdouble)
        out[term.groups.entry] = values
        return out

    def test_the_proximal_map_is_optimal(self):
        """dist(0, x - c + dpsi(x)) vanishes at x = prox(c), and nearby points are no better."""
        for spec, term in terms():
            for c in self.points():
                x = self.spread(term, term.prox(c))
                self.assertLess(term.distance(x, x - c), 1e-13, spec)
                best = ((x - c) ** 2).sum() / 2 + term.value(x)
                for other in x + 1e-2 * self.points(5):
                    self.assertGreaterEqual(((other - c) ** 2).sum() / 2 + term.value(other) - best, -1e-14, spec)

    def test_least_subgradients_are_the_limit_of_short_proximal_steps(self):
        """|x - prox_{t psi}(x - t g)|/t rises to dist(0, g + dpsi(x)) as t falls to 0 (Brezis)."""
        t = 1e-7
        for spec, term in terms():
            short = penalties.make({**spec, "scale": spec.get("scale", 1) * t, "ridge": spec.get("ridge", 0) * t},
                                   BLOCKS, 12)
            for c, g in zip(self.points(), self.points()):
                x = self.spread(term, term.prox(c))
                limit = np.sqrt(((x - self.spread(term, short.prox(x - t * g))) ** 2).sum()) / t
                self.assertLess(abs(limit - term.distance(x, g)), 1e-4 * (1 + limit), spec)

    def test_conjugates(self):
        """psi(x) + psi*(v) >= <v, x>, with equality for v in dpsi(x)."""
        for spec, term in terms():
            ridge = np.broadcast_to(term.ridge, term.groups.count)
            for c, other in zip(self.points(), self.points()):
                x = self.spread(term, term.prox(c))
                v = (c - x) * (1 - 1e-12 if not ridge.any() else 1)
                touch = term.value(x) + term.conjugate(term.take(v), ridge) - (v * x).sum()
                self.assertLess(abs(touch), 1e-9, spec)
                feasible = self.spread(term, term.prox(other))
                above = term.value(feasible) + term.conjugate(term.take(v), ridge) - (v * feasible).sum()
                self.assertGreaterEqual(above, -1e-13, spec)

    def test_scaling_into_the_dual_ball(self):
        for spec, term in terms():
            if np.any(term.ridge) or spec["type"] in ("none", "nonneg", "box"):
                continue
            for v in 10 * self.points(5):
                s = term.largest_scale(term.take(v))
                self.assertEqual(float(term.conjugate((1 - 1e-12) * s * term.take(v), 0 * term.groups.size)), 0, spec)
                beyond = term.conjugate((1 + 1e-9) * s * term.take(v), 0 * term.groups.size)
                if not (spec["type"] == "l1" and "weights" in spec):
                    self.assertEqual(float(beyond), np.inf, spec)

    def test_groups(self):
        def parts(spec, shape):
            made = groups.build(spec, "one", 0, shape)
            return [made.entry[a:b].tolist() for a, b in zip(made.start, made.start[1:])]

        self.assertEqual(parts("cols", (2, 3)), [[0, 3], [1, 4], [2, 5]])
        self.assertEqual(parts("rows", (2, 3)), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(parts("size:2", (2, 3)), [[0, 1], [2, 3], [4, 5]])
        self.assertEqual(parts("blocks:4", (2, 3)), [[0, 1], [2, 3], [4], [5]])
        self.assertEqual(parts("channels", (2, 2, 2)), [[0, 1, 4, 5], [2, 3, 6, 7]])
        self.assertEqual(parts("cols", (3,)), [[0], [1], [2]])


class Gaps(unittest.TestCase):
    """F(x) - min F <= gap, and the gap closes at a minimizer, which is found here by proximal gradient steps."""

    def build(self, name, bias, ridge=0.0):
        rng = np.random.default_rng(3)
        dense = rng.standard_normal((40, 6))
        scores = dense[:, :2] @ rng.standard_normal((2, 3)) + 0.3 * rng.standard_normal((40, 3))
        target = {"classes": scores.argmax(axis=1), "signs": np.where(scores[:, 0] > 0.1, 1.0, -1.0),
                  "numbers": scores[:, 0], "counts": rng.poisson(np.exp(0.5 * scores[:, 0])).astype(float)}[
                      losses.TARGETS[name]]
        table = Table(Raw(40, 6, target, dense=dense), target, np.zeros(6), np.ones(6), False, np.zeros(6))
        made = model.Model({"bias": bias, "ridge": ridge}, losses.LOSSES[name]({"huber_delta": 0.7}),
                           Data(table, None, 3 if name == "softmax" else 0, ""), 2.0**-53, arithmetic.Arithmetic())
        return made

    def minimize(self, made, term):
        """Accelerated proximal gradient steps, restarted where the step turns back."""
        x = y = np.zeros(made.n)
        step, t, shrink = 0.25, 1.0, self.scaled(term, 0.25)
        for _ in range(4000):
            moved = y - step * made.evaluate([y])[0].gradient.astype(float)
            moved[term.groups.entry] = shrink.prox(moved.astype(np.longdouble)).astype(float)
            t = 1.0 if (y - moved) @ (moved - x) > 0 else (1 + np.sqrt(1 + 4 * t * t)) / 2
            x, y = moved, moved + (t - 1) / t * (moved - x) if t > 1 else moved
            if t > 1 and np.abs(y - moved).max() < 1e-15:
                break
        return x

    def scaled(self, term, step):
        spec = {**self.spec, "scale": step}
        return penalties.make(spec, self.blocks, self.n)

    def test_gaps_bound_and_close(self):
        for name in ("least_squares", "logistic", "svm_squared_hinge", "huber_regression", "softmax", "poisson"):
            for bias, ridge in (True, 0.0), (False, 0.0), (True, 0.05):
                made = self.build(name, bias, ridge)
                self.spec = {"type": "group_l2", "lambda": 0.03, "groups": "cols"}
                self.blocks, self.n = made.blocks(), made.n
                term = penalties.make(self.spec, self.blocks, made.n)
                best = self.minimize(made, term)
                far = best + 0.1 * np.random.default_rng(4).standard_normal(made.n)
                points = made.evaluate([best, far])
                value = [float(p.value + term.value(p.x.astype(np.longdouble))) for p in points]
                found = [g.value for g in gap.gaps(made, [(p, [term]) for p in points])]
                self.assertLess(found[0], 1e-6, (name, bias, ridge))
                self.assertGreaterEqual(found[1], value[1] - value[0], (name, bias, ridge))
                self.assertLess(found[1], 30 * (value[1] - value[0]) + 1, (name, bias, ridge))

    def test_no_bound_is_no_bound(self):
        made = self.build("least_squares", True)
        nothing = gap.gaps(made, [(p, []) for p in made.evaluate([np.ones(made.n)])])
        self.assertEqual(nothing[0].value, np.inf)
        self.assertTrue(nothing[0].reason)


if __name__ == "__main__":
    finish()
