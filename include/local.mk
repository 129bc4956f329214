creaseincludedir = $(includedir)/crease
creaseinclude_HEADERS = \
  include/crease/algorithm.h \
  include/crease/backend.h \
  include/crease/capture.h \
  include/crease/context.h \
  include/crease/crease.h \
  include/crease/data.h \
  include/crease/diagnostic.h \
  include/crease/error.h \
  include/crease/groups.h \
  include/crease/inspection.h \
  include/crease/judge.h \
  include/crease/kkt.h \
  include/crease/reference.h \
  include/crease/low_rank.h \
  include/crease/param.h \
  include/crease/pieces.h \
  include/crease/problem.h \
  include/crease/random.h \
  include/crease/registry.h \
  include/crease/regularizer.h \
  include/crease/solver.h \
  include/crease/stopping.h \
  include/crease/subproblem.h \
  include/crease/theory.h \
  include/crease/vector.h
