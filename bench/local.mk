# measurements of `crease bench`
crease_SOURCES += bench/bench.h bench/epoch.c bench/layouts.c bench/measure.c bench/member_case.c \
  bench/member_case.h bench/oracles.c bench/shapes.h bench/steps.c src/cli/bench.c src/cli/python.c
crease_LDADD += $(BLAS_LIBS)
