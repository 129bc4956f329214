# Inner solvers, one file a member. Adding one is one line here.
solver_sources = \
  solvers/admm.c \
  solvers/apg.c \
  solvers/cd.c \
  solvers/dual_apg.c \
  solvers/dual_bcd.c \
  solvers/exact.c \
  solvers/majorize.c \
  solvers/pg.c \
  solvers/ssi.c \
  solvers/ssn.c
