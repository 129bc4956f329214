# the manual page
dist_man_MANS = man/crease.1
