# Inner solvers, one file a member. Adding one is one line here.
solver_sources = \
  solvers/apg.c \
  solvers/exact.c \
  solvers/pg.c \
  solvers/ssi.c
