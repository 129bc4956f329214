# sources of python: what `crease plot` runs, installed as $(pkgdatadir)/python/crease
pythondatadir = $(pkgdatadir)
nobase_dist_pythondata_DATA = \
  python/crease/__init__.py \
  python/crease/atlas.py \
  python/crease/bench.py \
  python/crease/curves.py \
  python/crease/figures/__init__.py \
  python/crease/figures/inner.py \
  python/crease/figures/overview.py \
  python/crease/figures/pixels.py \
  python/crease/figures/signatures.py \
  python/crease/figures/stationarity.py \
  python/crease/figures/zoom.py \
  python/crease/oracles.py \
  python/crease/plot.py \
  python/crease/run.py \
  python/crease/solvers.py \
  python/crease/style.py
