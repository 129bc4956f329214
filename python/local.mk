# sources of python: what `crease plot` and `crease verify` run, installed as $(pkgdatadir)/python/crease
pythondatadir = $(pkgdatadir)
nobase_dist_pythondata_DATA = \
  python/crease/__init__.py \
  python/crease/atlas.py \
  python/crease/bench.py \
  python/crease/curves.py \
  python/crease/descent.py \
  python/crease/figures/__init__.py \
  python/crease/figures/inner.py \
  python/crease/figures/overview.py \
  python/crease/figures/pixels.py \
  python/crease/figures/signatures.py \
  python/crease/figures/stationarity.py \
  python/crease/figures/zoom.py \
  python/crease/identify.py \
  python/crease/oracles.py \
  python/crease/path.py \
  python/crease/plot.py \
  python/crease/run.py \
  python/crease/solvers.py \
  python/crease/style.py \
  python/crease/sweep.py \
  python/crease/verify/__init__.py \
  python/crease/verify/__main__.py \
  python/crease/verify/arithmetic.py \
  python/crease/verify/artifacts.py \
  python/crease/verify/claims.py \
  python/crease/verify/curvature.py \
  python/crease/verify/data.py \
  python/crease/verify/gap.py \
  python/crease/verify/generated.py \
  python/crease/verify/groups.py \
  python/crease/verify/losses.py \
  python/crease/verify/model.py \
  python/crease/verify/penalties.py \
  python/crease/verify/readers.py \
  python/crease/verify/references.py \
  python/crease/verify/relative.py \
  python/crease/verify/report.py \
  python/crease/verify/runs.py \
  python/crease/verify/settings.py
