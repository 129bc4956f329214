# data sets: one file a format
libcrease_la_SOURCES += \
  src/data/certified.c \
  src/data/certified.h \
  src/data/certified_fit.c \
  src/data/certified_fit.h \
  src/data/collections.c \
  src/data/csv.c \
  src/data/dataset.c \
  src/data/decimal.c \
  src/data/fetch.c \
  src/data/find.c \
  src/data/idx.c \
  src/data/input.c \
  src/data/input.h \
  src/data/internal.h \
  src/data/libsvm.c \
  src/data/npy.c \
  src/data/numbers.c \
  src/data/output.c \
  src/data/output.h \
  src/data/planted.c
