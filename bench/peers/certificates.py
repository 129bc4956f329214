"""How far an answer is from optimal, whoever gave it: plain NumPy, shared by all.

Problems are  min f(w) + sum_g lambda_g |w_g|_2  with f a mean over rows; entries as groups make the l1 norm. The
certificate is the largest distance of a part's least subgradient from zero, over that part's lambda:

    |grad_g + lambda_g w_g/|w_g|| / lambda_g        where w_g is not zero
    max(|grad_g| - lambda_g, 0) / lambda_g          where it is
"""

import numpy as np


def logistic(X, y, w):
    """Mean log(1 + exp(-y x'w)) and its gradient; y is -1 or +1."""
    t = -y * (X @ w)
    e = np.exp(-np.abs(t))
    slope = -y * np.where(t > 0, 1, e) / (1 + e)
    return np.mean(np.maximum(t, 0) + np.log1p(e)), X.T @ slope / len(y)


def softmax(X, y, w):
    """Mean cross-entropy of the logits X W', w being W (classes x columns) row after row, and its gradient."""
    W = w.reshape(-1, X.shape[1])
    z = X @ W.T
    z = z - z.max(axis=1, keepdims=True)
    total = np.exp(z).sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    value = np.mean(np.log(total[:, 0]) - z[rows, y])
    slope = np.exp(z) / total
    slope[rows, y] -= 1
    return value, np.ravel(slope.T @ X) / len(y)


LOSSES = {"logistic": logistic, "softmax": softmax}


def subgradient(w, gradient, groups, lambdas):
    """The certificate above. groups: the group of each entry, from 0; lambdas: one a group."""
    def norms(v):
        return np.sqrt(np.bincount(groups, v * v, len(lambdas)))
    size = norms(w)
    live = size > 0
    pull = np.where(live, lambdas / np.where(live, size, 1), 0)
    distance = np.where(live, norms(gradient + pull[groups] * w), np.maximum(norms(gradient) - lambdas, 0))
    return float(np.max(distance / lambdas))


def largest_lambda(gradient_at_zero, groups, weights):
    """The least lambda with which zero solves min f + lambda sum_g weight_g |w_g|."""
    norms = np.sqrt(np.bincount(groups, gradient_at_zero**2, len(weights)))
    return float(np.max(norms / weights))


def oracle(x, d, c, weight):
    """Least subgradient of 1/2 x'Dx - c'x + weight |x| at x, over max(|c|, weight)."""
    size = np.linalg.norm(x)
    if size == 0:
        distance = max(np.linalg.norm(c) - weight, 0)
    else:
        distance = np.linalg.norm(d * x - c + weight / size * x)
    return float(distance / max(np.linalg.norm(c), weight))
