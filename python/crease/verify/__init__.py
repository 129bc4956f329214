"""An independent check of what a run claims: everything is computed again from the data files, the
final point and the definitions, in at least 80-bit arithmetic where the machine has it. No line is
shared with the C library, and nothing is imported from the drawing code beside this folder.

  arithmetic  the wide type, and matrix products with exact partial sums
  settings    config.yaml
  readers     LIBSVM, CSV, IDX
  generated   the counter-based generator and planted data
  data        which data a problem names, its normalization
  losses      f by row
  model       values, gradients and the rounding that a backend may add
  groups      which entries belong together
  penalties   psi: value, least subgradient, proximal map, conjugate, structure
  gap         a duality gap
  artifacts   the files of a run folder
  claims      claimed, recomputed, allowed
"""


class Trouble(Exception):
    """Wrong use or bad input; the sentence says what and where."""


class Unchecked(Exception):
    """Cannot be recomputed here; the sentence says why."""
