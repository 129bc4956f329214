# Tests. Add one: a file tests/test_x.c and the four lines of a block below.
test_libs = libcrease.la $(CMOCKA_LIBS) $(GSL_LIBS) $(BLAS_LIBS) -lm
AM_TESTS_ENVIRONMENT = CREASE_PROGRAM='$(abs_top_builddir)/crease'; export CREASE_PROGRAM; \
  CREASE_SRCDIR='$(abs_top_srcdir)'; export CREASE_SRCDIR;
AM_CPPFLAGS += $(CMOCKA_CFLAGS) -DCREASE_TEST_DATA='"$(abs_top_srcdir)/tests/golden"'
EXTRA_DIST += tests/support.h tests/golden

check_PROGRAMS += tests/test_problems tests/test_problem_data
TESTS += tests/test_problems tests/test_problem_data
tests_test_problems_SOURCES = tests/test_problems.c tests/problem_support.c tests/support.c
tests_test_problems_LDADD = $(test_libs)
tests_test_problem_data_SOURCES = tests/test_problem_data.c tests/problem_support.c tests/support.c
tests_test_problem_data_LDADD = $(test_libs)
EXTRA_DIST += tests/problem_support.h

check_PROGRAMS += tests/test_golden
TESTS += tests/test_golden
tests_test_golden_SOURCES = tests/test_golden.c tests/support.c
tests_test_golden_LDADD = $(test_libs)

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
TESTS += tests/test_plots.py
EXTRA_DIST += tests/test_plots.py
