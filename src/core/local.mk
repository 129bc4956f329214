# what every kind shares
libcrease_la_SOURCES += \
  src/core/algorithm.c \
  src/core/arena.h \
  src/core/certificate.c \
  src/core/context.c \
  src/core/diagnostic.c \
  src/core/engine.c \
  src/core/engine.h \
  src/core/error.c \
  src/core/groups.c \
  src/core/internal.h \
  src/core/param.c \
  src/core/problem.c \
  src/core/random.c \
  src/core/registry.c \
  src/core/regularizer.c \
  src/core/shrink.c \
  src/core/shrink.h \
  src/core/solver.c \
  src/core/subproblem.c \
  src/core/subproblem.h \
  src/core/tile.c \
  src/core/tile.h
