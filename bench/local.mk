# measurements of `crease bench`
crease_SOURCES += bench/bench.h bench/epoch.c bench/measure.c bench/oracles.c bench/shapes.h bench/steps.c \
  src/cli/bench.c
crease_LDADD += $(BLAS_LIBS)
