# experiment files, one a published table or lesson
experimentsdir = $(pkgdatadir)/experiments
dist_experiments_DATA = \
  experiments/compare_structure.py \
  experiments/demo.yaml \
  experiments/inexactness.yaml \
  experiments/mnist-logistic.yaml \
  experiments/ssi-vs-pg.yaml
