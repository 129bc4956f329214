# Outer methods, one file a member. Adding one is one line here.
algorithm_sources = \
  algorithms/ramda.c \
  algorithms/pg.c \
  algorithms/fista.c \
  algorithms/prox_newton.c \
  algorithms/rmda.c \
  algorithms/proxsgd.c \
  algorithms/proxgen.c \
  algorithms/proxssi.c \
  algorithms/msgd.c \
  algorithms/adamw.c \
  algorithms/madgrad.c
libcrease_la_SOURCES += algorithms/adam.h algorithms/backtrack.c algorithms/backtrack.h
