# Regularizers, one file a member. Adding one is one line here.
regularizer_sources = \
  regularizers/none.c \
  regularizers/l1.c \
  regularizers/elastic_net.c \
  regularizers/group_l2.c \
  regularizers/sparse_group.c
