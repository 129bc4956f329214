# the program crease: one file a command
bin_PROGRAMS += crease
crease_SOURCES = \
  src/cli/cli.h \
  src/cli/conformance.c \
  src/cli/conformance.h \
  src/cli/conformance_case.c \
  src/cli/conformance_groups.c \
  src/cli/conformance_json.c \
  src/cli/conformance_vectors.c \
  src/cli/data.c \
  src/cli/describe.c \
  src/cli/identify.c \
  src/cli/identify_table.c \
  src/cli/identify_table.h \
  src/cli/list.c \
  src/cli/main.c \
  src/cli/options.c \
  src/cli/path.c \
  src/cli/plot.c \
  src/cli/prox.c \
  src/cli/prox.h \
  src/cli/prox_explain.c \
  src/cli/prox_input.c \
  src/cli/prox_low_rank.c \
  src/cli/prox_report.c \
  src/cli/reference.c \
  src/cli/run.c \
  src/cli/solve.c \
  src/cli/solve.h \
  src/cli/solve_report.c \
  src/cli/solve_table.c \
  src/cli/sweep.c \
  src/cli/verify.c
# plot finds the drawing code beside the sources while it runs from the build tree.
crease_CPPFLAGS = $(AM_CPPFLAGS) -DCREASE_PYTHON='"$(PYTHON)"' -DCREASE_BUILD_DIR='"$(abs_top_builddir)"' \
  -DCREASE_PYTHON_SOURCE='"$(abs_top_srcdir)/python"' -DCREASE_PYTHON_INSTALLED='"$(pkgdatadir)/python"'
crease_LDADD = libcrease.la $(CJSON_LIBS) -lm
