/*
 * suite.h - the frame of a libcheck program: one suite, one case, a main.
 */
#ifndef WEIR_TESTS_UNIT_SUITE_H
#define WEIR_TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

/** Runs the tests of a NULL-terminated table; what main returns. */
static inline int
suite_run(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
