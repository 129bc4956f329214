# The members, one file each: the registry is made from this list.
problem_member_sources = \
  problems/logistic.c \
  problems/softmax.c

problem_sources = $(problem_member_sources) \
  problems/linear_data.c \
  problems/linear_data.h \
  problems/linear_model.c \
  problems/linear_model.h
