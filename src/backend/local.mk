libcrease_la_SOURCES += src/backend/find.c

cpu_sources = src/backend/cpu/cpu.c \
  src/backend/cpu/bunch.h src/backend/cpu/careful.h src/backend/cpu/data.h src/backend/cpu/entries.h src/backend/cpu/form.h src/backend/cpu/gradient.h src/backend/cpu/group.h \
  src/backend/cpu/lanes.h src/backend/cpu/newton.h src/backend/cpu/oracle.h src/backend/cpu/rows.h \
  src/backend/cpu/runs.h src/backend/cpu/screen.h src/backend/cpu/slab.h src/backend/cpu/transpose.h \
  src/backend/cpu/vector.h \
  src/backend/formulas/cbrt.h src/backend/formulas/formula.h src/backend/formulas/pieces.h src/backend/formulas/reduce.h \
  src/backend/formulas/secular.h src/backend/formulas/shrink.h src/backend/formulas/width.h
# Vectors are passed between inlined functions only, so their calling convention does not matter; arithmetic on
# the bits of numbers may wrap.
# Loops over entries become vectors at -O2 too, which most people's CFLAGS say after our -O3.
cpu_flags = $(CREASE_CFLAGS) -O3 -ftree-vectorize -fvect-cost-model=dynamic -Wno-psabi -fwrapv

# The same sources, once for each width and vector unit; the only symbol of each is its table.
noinst_LTLIBRARIES += libcpu_f64.la libcpu_f32.la
libcpu_f64_la_SOURCES = $(cpu_sources)
libcpu_f64_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=double -DCREASE_CPU_BITS=64 -DCREASE_CPU_VARIANT=baseline
libcpu_f64_la_CFLAGS = $(cpu_flags)
libcpu_f32_la_SOURCES = $(cpu_sources)
libcpu_f32_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=float -DCREASE_CPU_BITS=32 -DCREASE_CPU_VARIANT=baseline
libcpu_f32_la_CFLAGS = $(cpu_flags)
libcrease_la_LIBADD += libcpu_f64.la libcpu_f32.la

if X86_64
avx2_flags = -mavx2 -mfma -mtune=haswell
avx512_flags = -mavx2 -mfma -mavx512f -mavx512dq -mavx512bw -mavx512vl -mprefer-vector-width=512
noinst_LTLIBRARIES += libcpu_f64_avx2.la libcpu_f32_avx2.la libcpu_f64_avx512.la libcpu_f32_avx512.la
libcpu_f64_avx2_la_SOURCES = $(cpu_sources)
libcpu_f64_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=double -DCREASE_CPU_BITS=64 -DCREASE_CPU_VARIANT=avx2
libcpu_f64_avx2_la_CFLAGS = $(cpu_flags) $(avx2_flags)
libcpu_f32_avx2_la_SOURCES = $(cpu_sources)
libcpu_f32_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=float -DCREASE_CPU_BITS=32 -DCREASE_CPU_VARIANT=avx2
libcpu_f32_avx2_la_CFLAGS = $(cpu_flags) $(avx2_flags)
libcpu_f64_avx512_la_SOURCES = $(cpu_sources)
libcpu_f64_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=double -DCREASE_CPU_BITS=64 -DCREASE_CPU_VARIANT=avx512
libcpu_f64_avx512_la_CFLAGS = $(cpu_flags) $(avx512_flags)
libcpu_f32_avx512_la_SOURCES = $(cpu_sources)
libcpu_f32_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -Dcrease_real=float -DCREASE_CPU_BITS=32 -DCREASE_CPU_VARIANT=avx512
libcpu_f32_avx512_la_CFLAGS = $(cpu_flags) $(avx512_flags)
libcrease_la_LIBADD += libcpu_f64_avx2.la libcpu_f32_avx2.la libcpu_f64_avx512.la libcpu_f32_avx512.la
endif
