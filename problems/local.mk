# The members, one file each: the registry is made from this list.
problem_member_sources = \
  problems/huber_regression.c \
  problems/least_squares.c \
  problems/logistic.c \
  problems/matrix_completion.c \
  problems/matrix_sensing.c \
  problems/phase_retrieval.c \
  problems/poisson.c \
  problems/relu_net.c \
  problems/sigmoid.c \
  problems/softmax.c \
  problems/svm_squared_hinge.c

problem_sources = $(problem_member_sources) \
  problems/linear_curvature.c \
  problems/linear_data.c \
  problems/linear_data.h \
  problems/linear_focus.c \
  problems/linear_lipschitz.c \
  problems/linear_made.c \
  problems/linear_model.c \
  problems/linear_model.h \
  problems/linear_normalize.c \
  problems/linear_source.c \
  problems/observations.c \
  problems/observations.h \
  problems/planted_matrix.c \
  problems/planted_matrix.h
