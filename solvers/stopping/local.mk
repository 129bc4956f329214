# Inexactness tests, one file a member. Adding one is one line here.
stopping_sources = \
  solvers/stopping/and.c \
  solvers/stopping/bonettini.c \
  solvers/stopping/budget.c \
  solvers/stopping/dai_robinson.c \
  solvers/stopping/fixed.c \
  solvers/stopping/gap.c \
  solvers/stopping/hpe.c \
  solvers/stopping/lee_wright.c \
  solvers/stopping/or.c \
  solvers/stopping/progress.c \
  solvers/stopping/rel_decrease.c \
  solvers/stopping/rel_residual.c \
  solvers/stopping/residual.c \
  solvers/stopping/salzo_villa.c
EXTRA_DIST += solvers/stopping/limits.h
