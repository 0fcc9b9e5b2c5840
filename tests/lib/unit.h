#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

/*
 * What every unit test's main() does: run one group of tests and turn the
 * number of failures into an exit status.
 *
 *	static void
 *	add(TCase *tc)
 *	{
 *		tcase_add_test(tc, a_sentence_about_behaviour);
 *	}
 *
 *	UNIT_MAIN("noun", add)
 */

#include <stdlib.h>

#include <check.h>

#include "common/base/err.h"

/* Fail with the person's text, not only the number. Needs a struct err err. */
#define ok(call) ck_assert_msg((call) == ST_OK, "%s: %s", #call, err.text)

#define UNIT_MAIN(name, add)                                                   \
	int main(void)                                                         \
	{                                                                      \
		Suite *suite = suite_create(name);                             \
		TCase *tc = tcase_create(name);                                \
		SRunner *runner;                                               \
		int failed;                                                    \
                                                                               \
		add(tc);                                                       \
		tcase_set_timeout(tc, 300);                                    \
		suite_add_tcase(suite, tc);                                    \
		runner = srunner_create(suite);                                \
		srunner_run_all(runner, CK_ENV);                               \
		failed = srunner_ntests_failed(runner);                        \
		srunner_free(runner);                                          \
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;              \
	}

#endif /* TESTS_LIB_UNIT_H */
