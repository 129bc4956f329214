#!/bin/sh
# The total over all tests of one or more build folders: tests/total.sh BUILD_DIR...
#
# automake counts test programs and hides cmocka's closing lines in tests/*.log; this counts the tests
# inside them. A program that is no cmocka program is one test, unless it ends with a line of the form
# printed here; one that died counts as one failed test more.
# Prints one line, "N passed, N failed, N skipped", and fails when a test failed or none ran.
set -u

for build in "$@"; do
    for result in "$build"/tests/*.trs; do
        [ -f "$result" ] || continue
        sed -n 's/^:test-result: *\([A-Z]*\).*/#result \1/p' "$result"
        cat "${result%.trs}.log"
        echo '#end'
    done
done | awk '
    /^#result /                                    { result = $2; ok = bad = omitted = 0 }
    /^\[       OK \]/                              { ok++ }
    /^\[  SKIPPED \] [0-9]+ test\(s\), listed/     { omitted = $4 }
    /^\[  FAILED  \] [0-9]+ test\(s\), listed/     { bad = $4 }
    /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { ok += $1; bad += $3; omitted += $5 }
    /^#end/ {
        if (result == "PASS" && ok + omitted == 0) ok = 1
        if (result == "SKIP" && omitted == 0) omitted = 1
        if ((result == "FAIL" || result == "ERROR") && bad == 0) bad = 1
        passed += ok; failed += bad; skipped += omitted
    }
    END {
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }'
