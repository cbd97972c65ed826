#include "support/journal_test.h"

#include "ferry_test.h"

int fixture_set_up(void **state)
{
    *state = fixture_new();
    return 0;
}

int fixture_set_up_opened(void **state)
{
    (void)fixture_set_up(state);
    return fixture_open(*state, JOURNAL_WRITE) == FERRY_OK ? 0 : -1;
}

int fixture_tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

void fixture_begin(struct fixture *fixture)
{
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
}

void fixture_commit(struct fixture *fixture)
{
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
}
