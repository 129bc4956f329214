"""The figures, in the order they are drawn. Each module has COLUMNS, what it reads of the trace,
and draw(run), which returns a matplotlib figure or raises Absent."""

from . import inner, overview, pixels, signatures, stationarity, zoom

ALL = {m.__name__.rsplit(".", 1)[-1]: m
       for m in (overview, zoom, signatures, pixels, inner, stationarity)}
