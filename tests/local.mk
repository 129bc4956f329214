# Tests. Add one: a file tests/test_x.c and the four lines of a block below.
test_libs = libcrease.la $(CMOCKA_LIBS) $(GSL_LIBS) $(BLAS_LIBS) -lm
AM_TESTS_ENVIRONMENT = CREASE_PROGRAM='$(abs_top_builddir)/crease'; export CREASE_PROGRAM; \
  CREASE_SRCDIR='$(abs_top_srcdir)'; export CREASE_SRCDIR;
AM_CPPFLAGS += $(CMOCKA_CFLAGS) -DCREASE_TEST_DATA='"$(abs_top_srcdir)/tests/golden"'
EXTRA_DIST += tests/support.h tests/golden

check_PROGRAMS += tests/test_problems tests/test_problem_data
TESTS += tests/test_problems tests/test_problem_data
tests_test_problems_SOURCES = tests/test_problems.c tests/problem_support.c tests/support.c
tests_test_problems_LDADD = $(test_libs)
tests_test_problem_data_SOURCES = tests/test_problem_data.c tests/problem_support.c tests/support.c
tests_test_problem_data_LDADD = $(test_libs)
EXTRA_DIST += tests/problem_support.h

loss_tests = tests/test_problem_curvature tests/test_problem_losses tests/test_problem_rows \
  tests/test_problem_scaling
check_PROGRAMS += $(loss_tests)
TESTS += $(loss_tests)
loss_support = tests/linear_models.c tests/problem_support.c tests/support.c
tests_test_problem_curvature_SOURCES = tests/test_problem_curvature.c $(loss_support)
tests_test_problem_curvature_LDADD = $(test_libs)
tests_test_problem_losses_SOURCES = tests/test_problem_losses.c $(loss_support)
tests_test_problem_losses_LDADD = $(test_libs)
tests_test_problem_rows_SOURCES = tests/test_problem_rows.c $(loss_support)
tests_test_problem_rows_LDADD = $(test_libs)
tests_test_problem_scaling_SOURCES = tests/test_problem_scaling.c $(loss_support)
tests_test_problem_scaling_LDADD = $(test_libs)
EXTRA_DIST += tests/linear_models.h

check_PROGRAMS += tests/test_golden
TESTS += tests/test_golden
tests_test_golden_SOURCES = tests/test_golden.c tests/support.c
tests_test_golden_LDADD = $(test_libs)

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
TESTS += tests/test_plots.py
EXTRA_DIST += tests/test_plots.py
TESTS += tests/test_conformance.py
EXTRA_DIST += tests/test_conformance.py

check_PROGRAMS += tests/test_cli tests/test_cli_prox tests/test_cli_members
TESTS += tests/test_cli tests/test_cli_prox tests/test_cli_members
tests_test_cli_members_SOURCES = tests/test_cli_members.c tests/cli_support.c tests/cli_support.h tests/support.c
tests_test_cli_members_LDADD = $(test_libs) $(CJSON_LIBS)
tests_test_cli_SOURCES = tests/test_cli.c tests/cli_support.c tests/cli_support.h tests/support.c
tests_test_cli_LDADD = $(test_libs)
tests_test_cli_prox_SOURCES = tests/test_cli_prox.c tests/cli_support.c tests/cli_support.h tests/support.c
tests_test_cli_prox_LDADD = $(test_libs) $(CJSON_LIBS)
# The program that loads it has the library already, so a plug-in links with nothing.
check_LTLIBRARIES = tests/plugin_example.la
tests_plugin_example_la_SOURCES = tests/plugin_example.c
tests_plugin_example_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

data_tests = tests/test_data tests/test_data_hostile tests/test_data_real tests/test_fetch
check_PROGRAMS += $(data_tests)
TESTS += $(data_tests)
tests_test_data_SOURCES = tests/test_data.c tests/files.h tests/support.c
tests_test_data_LDADD = $(test_libs) $(ZLIB_LIBS)
tests_test_data_hostile_SOURCES = tests/test_data_hostile.c tests/files.h tests/support.c
tests_test_data_hostile_LDADD = $(test_libs) $(ZLIB_LIBS)
tests_test_data_real_SOURCES = tests/test_data_real.c tests/files.h tests/support.c
tests_test_data_real_LDADD = $(test_libs) $(ZLIB_LIBS)
tests_test_fetch_SOURCES = tests/test_fetch.c tests/files.h tests/support.c
tests_test_fetch_LDADD = $(test_libs) $(ZLIB_LIBS)

check_PROGRAMS += tests/test_regularizers
TESTS += tests/test_regularizers
tests_test_regularizers_SOURCES = tests/test_regularizers.c tests/subproblems.c tests/support.c
tests_test_regularizers_LDADD = $(test_libs)
EXTRA_DIST += tests/subproblems.h

check_PROGRAMS += tests/test_pieces
TESTS += tests/test_pieces
tests_test_pieces_SOURCES = tests/test_pieces.c tests/support.c
tests_test_pieces_LDADD = $(test_libs)

check_PROGRAMS += tests/test_calculus
TESTS += tests/test_calculus
tests_test_calculus_SOURCES = tests/test_calculus.c tests/subproblems.c tests/support.c
tests_test_calculus_LDADD = $(test_libs)

check_PROGRAMS += tests/test_structure
TESTS += tests/test_structure
tests_test_structure_SOURCES = tests/test_structure.c tests/subproblems.c tests/support.c
tests_test_structure_LDADD = $(test_libs)

check_PROGRAMS += tests/test_solvers
TESTS += tests/test_solvers
tests_test_solvers_SOURCES = tests/test_solvers.c tests/subproblems.c tests/support.c
tests_test_solvers_LDADD = $(test_libs)

check_PROGRAMS += tests/test_config tests/test_run tests/test_resume
TESTS += tests/test_config tests/test_run tests/test_resume
tests_test_config_SOURCES = tests/test_config.c tests/support.c
tests_test_config_LDADD = $(test_libs)
tests_test_run_SOURCES = tests/test_run.c tests/run_support.c tests/run_support.h tests/cli_support.c tests/support.c
tests_test_run_LDADD = $(test_libs) $(CJSON_LIBS) $(HDF5_LIBS)
tests_test_resume_SOURCES = tests/test_resume.c tests/run_support.c tests/run_support.h tests/cli_support.c tests/support.c
tests_test_resume_LDADD = $(test_libs)

capture_tests = tests/test_capture tests/test_capture_run tests/test_capture_hostile tests/test_cli_solve
check_PROGRAMS += $(capture_tests)
TESTS += $(capture_tests) tests/test_capture.py
EXTRA_DIST += tests/test_capture.py
tests_test_cli_solve_SOURCES = tests/test_cli_solve.c tests/cli_support.c tests/cli_support.h tests/support.c
tests_test_cli_solve_LDADD = $(test_libs) $(CJSON_LIBS)
tests_test_capture_hostile_SOURCES = tests/test_capture_hostile.c tests/capture_lies.c tests/capture_lies.h tests/files.h \
  tests/support.c
tests_test_capture_hostile_LDADD = $(test_libs) $(HDF5_LIBS) $(ZLIB_LIBS)
tests_test_capture_run_SOURCES = tests/test_capture_run.c tests/outer_support.c tests/run_support.c \
  tests/run_support.h tests/cli_support.c tests/support.c
tests_test_capture_run_LDADD = $(test_libs) $(HDF5_LIBS)
tests_test_capture_SOURCES = tests/test_capture.c tests/subproblems.c tests/support.c
tests_test_capture_LDADD = $(test_libs) $(HDF5_LIBS)

check_PROGRAMS += tests/test_kernels tests/test_backend
TESTS += tests/test_kernels tests/test_backend
tests_test_backend_SOURCES = tests/test_backend.c tests/kernels.c tests/support.c
tests_test_backend_LDADD = $(test_libs)
check_PROGRAMS += tests/test_steps tests/test_same_bits
TESTS += tests/test_steps tests/test_same_bits
tests_test_same_bits_SOURCES = tests/test_same_bits.c tests/kernels.c tests/support.c
tests_test_same_bits_LDADD = $(test_libs)
tests_test_steps_SOURCES = tests/test_steps.c tests/kernels.c tests/support.c
tests_test_steps_LDADD = $(test_libs)
tests_test_kernels_SOURCES = tests/test_kernels.c tests/kernels.c tests/support.c
tests_test_kernels_LDADD = $(test_libs)
EXTRA_DIST += tests/kernels.h

core_tests = tests/test_core tests/test_params tests/test_random tests/test_groups tests/test_tile \
  tests/test_engine tests/test_algorithms tests/test_diagnostics tests/test_alloc
check_PROGRAMS += $(core_tests)
TESTS += $(core_tests)
tests_test_core_SOURCES = tests/test_core.c tests/support.c
tests_test_core_LDADD = $(test_libs)
tests_test_params_SOURCES = tests/test_params.c tests/support.c
tests_test_params_LDADD = $(test_libs)
tests_test_random_SOURCES = tests/test_random.c tests/support.c
tests_test_random_LDADD = $(test_libs)
tests_test_groups_SOURCES = tests/test_groups.c tests/support.c
tests_test_groups_LDADD = $(test_libs)
tests_test_tile_SOURCES = tests/test_tile.c tests/support.c
tests_test_tile_LDADD = $(test_libs)
tests_test_engine_SOURCES = tests/test_engine.c tests/outer_support.c tests/outer_support.h tests/support.c
tests_test_engine_LDADD = $(test_libs)
tests_test_algorithms_SOURCES = tests/test_algorithms.c tests/outer_support.c tests/support.c
tests_test_algorithms_LDADD = $(test_libs)
tests_test_diagnostics_SOURCES = tests/test_diagnostics.c tests/support.c
tests_test_diagnostics_LDADD = $(test_libs)
tests_test_alloc_SOURCES = tests/test_alloc.c tests/support.c
tests_test_alloc_LDADD = $(test_libs)

check_PROGRAMS += tests/test_members_chains tests/test_chain_structure
TESTS += tests/test_members_chains tests/test_chain_structure
tests_test_members_chains_SOURCES = tests/test_members_chains.c tests/chain_support.c tests/support.c
tests_test_members_chains_LDADD = $(test_libs)
tests_test_chain_structure_SOURCES = tests/test_chain_structure.c tests/chain_support.c tests/support.c
tests_test_chain_structure_LDADD = $(test_libs)
EXTRA_DIST += tests/chain_support.h

check_PROGRAMS += tests/test_members_order tests/test_members_budget tests/test_members_balls
TESTS += tests/test_members_order tests/test_members_budget tests/test_members_balls
tests_test_members_order_SOURCES = tests/test_members_order.c tests/one_part.c tests/support.c
tests_test_members_order_LDADD = $(test_libs)
tests_test_members_budget_SOURCES = tests/test_members_budget.c tests/one_part.c tests/support.c
tests_test_members_budget_LDADD = $(test_libs)
tests_test_members_balls_SOURCES = tests/test_members_balls.c tests/one_part.c tests/support.c
tests_test_members_balls_LDADD = $(test_libs)
EXTRA_DIST += tests/one_part.h

check_PROGRAMS += tests/test_members_groups tests/test_members_sparse
TESTS += tests/test_members_groups tests/test_members_sparse
tests_test_members_sparse_SOURCES = tests/test_members_sparse.c tests/support.c
tests_test_members_sparse_LDADD = $(test_libs)
tests_test_members_groups_SOURCES = tests/test_members_groups.c tests/support.c
tests_test_members_groups_LDADD = $(test_libs)
EXTRA_DIST += tests/member.h

check_PROGRAMS += tests/test_members_scalar tests/test_members_pieces
TESTS += tests/test_members_scalar tests/test_members_pieces
tests_test_members_scalar_SOURCES = tests/test_members_scalar.c tests/scalar_members.c tests/support.c
tests_test_members_scalar_LDADD = $(test_libs)
tests_test_members_pieces_SOURCES = tests/test_members_pieces.c tests/scalar_members.c tests/support.c
tests_test_members_pieces_LDADD = $(test_libs)
EXTRA_DIST += tests/scalar_members.h

check_PROGRAMS += tests/test_members_spectral tests/test_spectral_structure tests/test_low_rank
TESTS += tests/test_members_spectral tests/test_spectral_structure tests/test_low_rank
tests_test_members_spectral_SOURCES = tests/test_members_spectral.c tests/matrices.c tests/matrices.h tests/support.c
tests_test_members_spectral_LDADD = $(test_libs)
tests_test_spectral_structure_SOURCES = tests/test_spectral_structure.c tests/matrices.c tests/support.c
tests_test_spectral_structure_LDADD = $(test_libs)
tests_test_low_rank_SOURCES = tests/test_low_rank.c tests/support.c
tests_test_low_rank_LDADD = $(test_libs)

check_PROGRAMS += tests/test_bench
TESTS += tests/test_bench
tests_test_bench_SOURCES = tests/test_bench.c tests/cli_support.c tests/support.c
tests_test_bench_LDADD = $(test_libs)

check_PROGRAMS += tests/test_members_trees tests/test_members_latent
TESTS += tests/test_members_trees tests/test_members_latent
tests_test_members_trees_SOURCES = tests/test_members_trees.c tests/overlap_support.c tests/support.c
tests_test_members_trees_LDADD = $(test_libs)
tests_test_members_latent_SOURCES = tests/test_members_latent.c tests/overlap_support.c tests/support.c
tests_test_members_latent_LDADD = $(test_libs)
EXTRA_DIST += tests/overlap_support.h

check_PROGRAMS += tests/test_members_hostile
TESTS += tests/test_members_hostile
tests_test_members_hostile_SOURCES = tests/test_members_hostile.c tests/support.c
tests_test_members_hostile_LDADD = $(test_libs)

check_PROGRAMS += tests/test_theory
TESTS += tests/test_theory
tests_test_theory_SOURCES = tests/test_theory.c tests/subproblems.c tests/support.c
tests_test_theory_LDADD = $(test_libs)

check_PROGRAMS += tests/test_inner_solvers tests/test_inner_metrics
TESTS += tests/test_inner_solvers tests/test_inner_metrics
tests_test_inner_solvers_SOURCES = tests/test_inner_solvers.c tests/inner_support.c tests/subproblems.c tests/support.c
tests_test_inner_solvers_LDADD = $(test_libs)
tests_test_inner_metrics_SOURCES = tests/test_inner_metrics.c tests/inner_support.c tests/subproblems.c tests/support.c
tests_test_inner_metrics_LDADD = $(test_libs)
EXTRA_DIST += tests/inner_support.h

check_PROGRAMS += tests/test_stopping tests/test_promises
TESTS += tests/test_stopping tests/test_promises
tests_test_stopping_SOURCES = tests/test_stopping.c tests/stopping_support.c tests/subproblems.c tests/support.c
tests_test_stopping_LDADD = $(test_libs)
tests_test_promises_SOURCES = tests/test_promises.c tests/stopping_support.c tests/subproblems.c tests/support.c
tests_test_promises_LDADD = $(test_libs)
EXTRA_DIST += tests/stopping_support.h

check_PROGRAMS += tests/test_inspection
TESTS += tests/test_inspection
tests_test_inspection_SOURCES = tests/test_inspection.c tests/run_support.c tests/cli_support.c tests/support.c
tests_test_inspection_LDADD = $(test_libs) $(CJSON_LIBS)

check_PROGRAMS += tests/test_dual_bcd tests/test_dual_groups
TESTS += tests/test_dual_bcd tests/test_dual_groups
tests_test_dual_bcd_SOURCES = tests/test_dual_bcd.c tests/dual_support.c tests/overlap_support.c tests/support.c
tests_test_dual_bcd_LDADD = $(test_libs)
tests_test_dual_groups_SOURCES = tests/test_dual_groups.c tests/dual_support.c tests/overlap_support.c tests/support.c
tests_test_dual_groups_LDADD = $(test_libs)
EXTRA_DIST += tests/dual_support.h

check_PROGRAMS += tests/test_bench_solvers
TESTS += tests/test_bench_solvers
tests_test_bench_solvers_SOURCES = tests/test_bench_solvers.c bench/families.c bench/families_matrix.c \
  tests/cli_support.c tests/support.c
tests_test_bench_solvers_LDADD = $(test_libs) $(CJSON_LIBS)
TESTS += tests/test_bench_solvers.py
EXTRA_DIST += tests/test_bench_solvers.py

check_PROGRAMS += tests/test_jacobian tests/test_ssn
TESTS += tests/test_jacobian tests/test_ssn
tests_test_jacobian_SOURCES = tests/test_jacobian.c tests/subproblems.c tests/support.c
tests_test_jacobian_LDADD = $(test_libs)
tests_test_ssn_SOURCES = tests/test_ssn.c tests/subproblems.c tests/support.c
tests_test_ssn_LDADD = $(test_libs)

check_PROGRAMS += tests/test_certified
TESTS += tests/test_certified
tests_test_certified_SOURCES = tests/test_certified.c tests/files.h tests/support.c
tests_test_certified_LDADD = $(test_libs) $(ZLIB_LIBS)

matrix_tests = tests/test_matrix_problems tests/test_matrix_data tests/test_matrix_recovery
check_PROGRAMS += $(matrix_tests)
TESTS += $(matrix_tests)
tests_test_matrix_problems_SOURCES = tests/test_matrix_problems.c tests/matrix_support.c tests/problem_support.c tests/support.c
tests_test_matrix_problems_LDADD = $(test_libs)
tests_test_matrix_data_SOURCES = tests/test_matrix_data.c tests/matrix_support.c tests/problem_support.c tests/support.c
tests_test_matrix_data_LDADD = $(test_libs) $(ZLIB_LIBS)
tests_test_matrix_recovery_SOURCES = tests/test_matrix_recovery.c tests/matrix_support.c tests/problem_support.c \
  tests/matrices.c tests/run_support.c tests/cli_support.c tests/support.c
tests_test_matrix_recovery_LDADD = $(test_libs) $(CJSON_LIBS)
EXTRA_DIST += tests/matrix_support.h

TESTS += tests/test_verify.py tests/test_verify_math.py
EXTRA_DIST += tests/test_verify.py tests/test_verify_math.py tests/verify_support.py

check_PROGRAMS += tests/test_stochastic tests/test_stochastic_rules tests/test_stochastic_state
TESTS += tests/test_stochastic tests/test_stochastic_rules tests/test_stochastic_state
tests_test_stochastic_SOURCES = tests/test_stochastic.c tests/stoch_reference.c tests/stoch_support.c tests/support.c
tests_test_stochastic_LDADD = $(test_libs)
tests_test_stochastic_rules_SOURCES = tests/test_stochastic_rules.c tests/stoch_support.c tests/support.c
tests_test_stochastic_state_SOURCES = tests/test_stochastic_state.c tests/stoch_support.c tests/run_support.c \
  tests/cli_support.c tests/support.c
tests_test_stochastic_state_LDADD = $(test_libs)
tests_test_stochastic_rules_LDADD = $(test_libs)
EXTRA_DIST += tests/stoch_reference.h tests/stoch_support.h

identify_tests = tests/test_reference_file tests/test_identify tests/test_identify_files tests/test_identify_diagnostics
check_PROGRAMS += $(identify_tests)
TESTS += $(identify_tests) tests/test_identify.py tests/test_planted.py
EXTRA_DIST += tests/test_identify.py tests/test_planted.py tests/identify_support.h
tests_test_reference_file_SOURCES = tests/test_reference_file.c tests/files.h tests/support.c
tests_test_reference_file_LDADD = $(test_libs) $(HDF5_LIBS) $(ZLIB_LIBS)
tests_test_identify_SOURCES = tests/test_identify.c tests/identify_support.c tests/cli_support.c tests/support.c
tests_test_identify_LDADD = $(test_libs) $(HDF5_LIBS) $(CJSON_LIBS)
tests_test_identify_files_SOURCES = tests/test_identify_files.c tests/identify_support.c tests/cli_support.c tests/support.c
tests_test_identify_files_LDADD = $(test_libs) $(HDF5_LIBS) $(CJSON_LIBS)
tests_test_identify_diagnostics_SOURCES = tests/test_identify_diagnostics.c tests/identify_support.c tests/cli_support.c \
  tests/support.c
tests_test_identify_diagnostics_LDADD = $(test_libs) $(HDF5_LIBS)

check_PROGRAMS += tests/test_libsvm
TESTS += tests/test_libsvm
tests_test_libsvm_SOURCES = tests/test_libsvm.c tests/files.h tests/cli_support.c tests/support.c
tests_test_libsvm_LDADD = $(test_libs) $(ZLIB_LIBS)

check_PROGRAMS += tests/test_kkt tests/test_manifold tests/test_free_entries
TESTS += tests/test_kkt tests/test_manifold tests/test_free_entries
tests_test_manifold_SOURCES = tests/test_manifold.c tests/term_support.c tests/support.c
tests_test_manifold_LDADD = $(test_libs)
EXTRA_DIST += tests/term_support.h
tests_test_free_entries_SOURCES = tests/test_free_entries.c tests/support.c
tests_test_free_entries_LDADD = $(test_libs)
tests_test_kkt_SOURCES = tests/test_kkt.c tests/term_support.c tests/support.c
tests_test_kkt_LDADD = $(test_libs)

check_PROGRAMS += tests/test_descent tests/test_descent_state
TESTS += tests/test_descent tests/test_descent_state
tests_test_descent_state_SOURCES = tests/test_descent_state.c tests/descent_support.c tests/problem_support.c \
  tests/run_support.c tests/cli_support.c tests/support.c
tests_test_descent_state_LDADD = $(test_libs)
tests_test_descent_SOURCES = tests/test_descent.c tests/descent_support.c tests/problem_support.c tests/support.c
tests_test_descent_LDADD = $(test_libs)
EXTRA_DIST += tests/descent_support.h

check_PROGRAMS += tests/test_path tests/test_scale_max tests/test_sweep
TESTS += tests/test_path tests/test_scale_max tests/test_sweep
path_support = tests/path_support.c tests/problem_support.c tests/cli_support.c tests/support.c
tests_test_path_SOURCES = tests/test_path.c $(path_support)
tests_test_path_LDADD = $(test_libs)
tests_test_scale_max_SOURCES = tests/test_scale_max.c $(path_support)
tests_test_scale_max_LDADD = $(test_libs)
tests_test_sweep_SOURCES = tests/test_sweep.c $(path_support)
tests_test_sweep_LDADD = $(test_libs)
EXTRA_DIST += tests/path_support.h

check_PROGRAMS += tests/test_relu_net
TESTS += tests/test_relu_net
tests_test_relu_net_SOURCES = tests/test_relu_net.c tests/relu_support.c tests/problem_support.c tests/support.c
tests_test_relu_net_LDADD = $(test_libs)
EXTRA_DIST += tests/relu_support.h

check_PROGRAMS += tests/test_pathprox tests/test_pathprox_run
TESTS += tests/test_pathprox tests/test_pathprox_run
tests_test_pathprox_SOURCES = tests/test_pathprox.c tests/relu_support.c tests/problem_support.c tests/support.c
tests_test_pathprox_LDADD = $(test_libs)
tests_test_pathprox_run_SOURCES = tests/test_pathprox_run.c tests/problem_support.c tests/run_support.c \
  tests/cli_support.c tests/support.c
tests_test_pathprox_run_LDADD = $(test_libs)

check_PROGRAMS += tests/test_bench_steps
TESTS += tests/test_bench_steps tests/test_bench_steps.py tests/test_peers.py
tests_test_bench_steps_SOURCES = tests/test_bench_steps.c tests/cli_support.c tests/support.c
tests_test_bench_steps_LDADD = $(test_libs)
EXTRA_DIST += tests/test_bench_steps.py tests/test_peers.py

check_PROGRAMS += tests/test_reference tests/test_reference_cache
TESTS += tests/test_reference tests/test_reference_cache
tests_test_reference_cache_SOURCES = tests/test_reference_cache.c tests/problem_support.c tests/cli_support.c tests/support.c
tests_test_reference_cache_LDADD = $(test_libs)
tests_test_reference_SOURCES = tests/test_reference.c tests/descent_support.c tests/problem_support.c tests/support.c
tests_test_reference_LDADD = $(test_libs)
