"""The second derivative of F along a manifold of live entries, as a dense matrix in double: its least and
largest eigenvalue."""

import numpy as np

from . import Unchecked
from .penalties import Shrink

MOST = 1500  # entries
FLAT = 1e-12  # of the largest eigenvalue


def eigenvalues(model, point, terms, moving):
    """Least and largest eigenvalue along the entries that `moving` marks, directions of unpenalized entries in
    which f is flat left out (a common shift of softmax's intercepts)."""
    entry = np.flatnonzero(moving)
    if not all(isinstance(term, Shrink) for term in terms):
        raise Unchecked("psi has no second derivative here")
    if len(entry) > MOST:
        raise Unchecked(f"{len(entry)} entries make too large a matrix")
    if not len(entry):
        raise Unchecked("nothing moves")
    h = smooth(model, point, entry) + penalty(model, point, terms)[np.ix_(entry, entry)]
    covered = np.zeros(model.n, bool)
    for term in terms:
        covered[term.groups.entry] = True
    value = np.linalg.eigvalsh(without_flat(h, ~covered[entry]))
    return value[0], value[-1]


def smooth(model, point, entry):
    """Entries (k, j) of W and k of b: sum_i l''_kl x_ij x_im / n, a column of ones for b."""
    output = np.where(entry < model.weights, entry // model.cols, entry - model.weights)
    column = np.where(entry < model.weights, entry % model.cols, model.cols)
    used, place = np.unique(column, return_inverse=True)
    table = model.data.train
    y = table.target
    second = model.loss.second(point.z.astype(float), y)
    h = np.zeros((len(entry), len(entry)))
    for rows in table.chunks():
        x = gather(table, rows, used)
        for k in range(model.outputs):
            for m in range(k + 1):
                block = x.T @ (second[rows, k, m, None] * x)
                a, b = np.flatnonzero(output == k), np.flatnonzero(output == m)
                part = block[np.ix_(place[a], place[b])] / table.rows
                h[np.ix_(a, b)] += part
                if k != m:
                    h[np.ix_(b, a)] += part.T
    h[np.diag_indices(len(entry))] += np.where(entry < model.weights, model.ridge, 0)
    return h


def gather(table, rows, used):
    """Columns `used` of some rows, that of ones being number cols."""
    if table.is_sparse:
        start, whole = table.raw.start, np.zeros((rows.stop - rows.start, table.cols + 1))
        inside = slice(start[rows.start], start[rows.stop])
        row = np.repeat(np.arange(rows.stop - rows.start), np.diff(start[rows.start: rows.stop + 1]))
        whole[row, table.raw.col[inside]] = table.value[inside]
    else:
        whole = np.concatenate([table.dense(rows), np.zeros((rows.stop - rows.start, 1))], axis=1)
    whole[:, -1] = 1
    return whole[:, used]


def penalty(model, point, terms):
    """Of live groups: ball (I - u u')/|x_g|, u = x_g/|x_g|; and every ridge."""
    h = np.zeros((model.n, model.n)) if model.n <= 4 * MOST else None
    if h is None:
        raise Unchecked(f"{model.n} parameters make too large a matrix")
    for term in terms:
        x, entry = term.take(point.x), term.groups.entry
        h[entry, entry] += float(term.ridge)
        size = term.groups.norms(x)
        for g in np.flatnonzero((size > 0) & (term.ball > 0)):
            inside = slice(term.groups.start[g], term.groups.start[g + 1])
            live = x[inside] != 0
            u = x[inside][live] / size[g]
            h[np.ix_(entry[inside][live], entry[inside][live])] += float(term.ball[g] / size[g]) * (
                np.eye(len(u)) - np.outer(u, u))
    return h


def without_flat(h, free):
    if not free.any():
        return h
    value, vector = np.linalg.eigh(h[np.ix_(free, free)])
    flat = np.zeros((len(h), int((value <= FLAT * value.max()).sum())))
    flat[free] = vector[:, value <= FLAT * value.max()]
    if not flat.shape[1]:
        return h
    basis = np.linalg.qr(np.concatenate([flat, np.eye(len(h))], axis=1))[0][:, flat.shape[1]: len(h)]
    return basis.T @ h @ basis
