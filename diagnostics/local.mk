# Diagnostics, one file a member. Adding one is one line here.
diagnostic_sources = \
  diagnostics/sparsity.c \
  diagnostics/identification.c \
  diagnostics/stationarity.c \
  diagnostics/inner.c \
  diagnostics/theory.c \
  diagnostics/truth.c \
  diagnostics/stability.c \
  diagnostics/reference.c \
  diagnostics/surrogate.c
