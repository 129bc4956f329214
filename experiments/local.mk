# experiment files, one a published table or lesson
experimentsdir = $(pkgdatadir)/experiments
dist_experiments_DATA = \
  experiments/demo.yaml \
  experiments/mnist-logistic.yaml
