# the conformance kit's checker: needs Python and NumPy, nothing of this library
conformancedir = $(pkgdatadir)/conformance
dist_conformance_DATA = conformance/README.md conformance/check.py conformance/mistakes.py
