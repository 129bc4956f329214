# measurements of `crease bench`
crease_SOURCES += bench/descent.c bench/descent.h bench/descent_problems.c bench/descent_race.c bench/descent_report.c \
  src/cli/bench_steps.c
crease_SOURCES += bench/atlas.c bench/atlas.h bench/atlas_cell.c bench/bench.h bench/epoch.c bench/families.c \
  bench/families.h bench/families_matrix.c bench/layouts.c bench/measure.c bench/member_case.c \
  bench/member_case.h bench/oracles.c bench/shapes.h bench/solvers.c bench/solvers.h bench/solvers_cases.c \
  bench/solvers_jobs.c bench/solvers_json.c bench/solvers_race.c bench/solvers_report.c bench/solvers_summary.c \
  bench/solvers_tests.c bench/solvers_watch.c bench/outer.c src/cli/bench.c src/cli/bench.h src/cli/bench_solvers.c \
  src/cli/python.c
crease_LDADD += $(BLAS_LIBS)
EXTRA_DIST += bench/big_libsvm.py
# Other packages on the same problems: python3 bench/peers/run.py
EXTRA_DIST += bench/peers/cases.py bench/peers/certificates.py bench/peers/clock.py \
  bench/peers/crease_library.py bench/peers/methods.py \
  bench/peers/oracles.py bench/peers/report.py bench/peers/requirements.txt bench/peers/run.py
