# Inexactness tests, one file a member. Adding one is one line here.
stopping_sources = \
  solvers/stopping/fixed.c \
  solvers/stopping/rel_decrease.c \
  solvers/stopping/residual.c
