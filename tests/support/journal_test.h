/* What the tests of the journal share beside the fixture: set_up and tear_down for cmocka, and
 * turns that must succeed. */
#ifndef TESTS_SUPPORT_JOURNAL_TEST_H
#define TESTS_SUPPORT_JOURNAL_TEST_H

#include "support/journal_fixture.h"

/* A fixture in *state: without a journal, and with one that is open for writing. */
int fixture_set_up(void **state);
int fixture_set_up_opened(void **state);
int fixture_tear_down(void **state);

void fixture_begin(struct fixture *fixture);
void fixture_commit(struct fixture *fixture);

#endif
