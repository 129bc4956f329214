# Outer methods, one file a member. Adding one is one line here.
algorithm_sources = \
  algorithms/ramda.c \
  algorithms/pg.c \
  algorithms/fista.c \
  algorithms/prox_newton.c \
  algorithms/manifold_newton.c \
  algorithms/farsa_group.c \
  algorithms/rmda.c \
  algorithms/proxsgd.c \
  algorithms/rda.c \
  algorithms/rda_plus.c \
  algorithms/prox_svrg.c \
  algorithms/prox_saga.c \
  algorithms/pstorm.c \
  algorithms/s_pstorm.c \
  algorithms/norm_sgd.c \
  algorithms/obprox_sg.c \
  algorithms/hspg.c \
  algorithms/pathprox.c \
  algorithms/proxgen.c \
  algorithms/proxssi.c \
  algorithms/msgd.c \
  algorithms/adamw.c \
  algorithms/madgrad.c
libcrease_la_SOURCES += algorithms/adam.h algorithms/backtrack.c algorithms/backtrack.h \
  algorithms/second_order.c algorithms/second_order.h \
  algorithms/smooth_step.c algorithms/smooth_step.h algorithms/kinks.c algorithms/kinks.h \
  algorithms/faces.c algorithms/faces.h algorithms/stochastic.c algorithms/stochastic.h
