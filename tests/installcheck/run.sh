#!/bin/sh
# Build hello.c through pkg-config against the installed library, run it, and run the installed program.
# Called by make installcheck, which passes its variables in the environment.
set -eu

folder=$(mktemp -d "${TMPDIR:-/tmp}/crease-installcheck.XXXXXX")
trap 'rm -rf "$folder"' EXIT

PKG_CONFIG_PATH=$DESTDIR$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$DESTDIR$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
staged=${DESTDIR:+--define-variable=prefix=$DESTDIR$PREFIX}

# CC, CFLAGS and the answers of pkg-config are lists of words.
flags=$($PKG_CONFIG $staged --cflags --libs crease)
$CC $CFLAGS "$1" -o "$folder/hello" $flags -lm
"$folder/hello"
"$DESTDIR$BINDIR/crease" --version
"$DESTDIR$BINDIR/crease" list regularizer >/dev/null
