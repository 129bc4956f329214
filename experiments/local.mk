# experiment files, one a published table or lesson
experimentsdir = $(pkgdatadir)/experiments
dist_experiments_DATA = \
  experiments/compare_structure.py \
  experiments/degenerate.yaml \
  experiments/demo.yaml \
  experiments/inexactness.yaml \
  experiments/mnist-identification.yaml \
  experiments/mnist-logistic.yaml \
  experiments/planted-l1.yaml \
  experiments/planted.yaml \
  experiments/rates.yaml \
  experiments/reference.yaml \
  experiments/references.py \
  experiments/ssi-vs-pg.yaml \
  experiments/variance-reduction.yaml
