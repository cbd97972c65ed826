#include "ferry_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

struct point {
    int x;
    int y;
};

static void new_objects_are_zeroed_and_named(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct point *point = mem_new(scope, struct point);
    struct point *points = mem_array(scope, struct point, 100);

    (void)state;
    assert_int_equal(point->x | point->y, 0);
    assert_int_equal(points[99].x | points[99].y, 0);
    assert_string_equal(talloc_get_name(point), "struct point");
    assert_ptr_equal(talloc_parent(point), scope);
}

static void resized_arrays_keep_their_elements_and_name(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct point *points = mem_array(scope, struct point, 2);

    (void)state;
    points[1].y = 7;
    points = mem_resize(scope, points, struct point, 50000);
    assert_int_equal(points[1].y, 7);
    assert_string_equal(talloc_get_name(points), "struct point");
    points = mem_resize(scope, points, struct point, 0);
    assert_non_null(points);
    points = mem_resize(scope, points, struct point, 3);
    assert_non_null(points);
    points = mem_resize(scope, NULL, struct point, 3);
    points[2].x = 1;
    assert_ptr_equal(talloc_parent(points), scope);
}

static void text_is_copied(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char text[] = "abcdef";
    char *copy = mem_strdup(scope, text);
    char *part = mem_strndup(scope, text, 3);
    char *bytes = mem_memdup(scope, text, sizeof(text));

    (void)state;
    text[0] = 'X';
    assert_string_equal(copy, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(bytes, "abcdef");
    assert_string_equal(mem_strndup(scope, "ab", 10), "ab");
    assert_string_equal(mem_printf(scope, "%s-%d", "a", 5), "a-5");
    assert_null(mem_strdup(scope, NULL));
    assert_null(mem_strndup(scope, NULL, 3));
    assert_non_null(mem_memdup(scope, NULL, 0));
}

static int freed;

static int note_freed(struct point *point)
{
    (void)point;
    freed++;
    return 0;
}

static void scope_is_freed_where_its_block_ends(void **state)
{
    (void)state;
    freed = 0;
    {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct point *point = mem_new(scope, struct point);

        talloc_set_destructor(point, note_freed);
        assert_int_equal(freed, 0);
    }
    assert_int_equal(freed, 1);
}

static void moved_object_outlives_its_first_parent(void **state)
{
    void *keeper FERRY_SCOPE = mem_scope(NULL);
    void *first = mem_scope(NULL);
    struct point *point = mem_new(first, struct point);

    (void)state;
    freed = 0;
    talloc_set_destructor(point, note_freed);
    assert_ptr_equal(mem_move(keeper, point), point);
    mem_free(first);
    assert_int_equal(freed, 0);
    mem_free(point);
    assert_int_equal(freed, 1);
    mem_free(NULL);
}

static void ask_for_too_many(void)
{
    (void)mem_array(NULL, struct point, SIZE_MAX / 2);
}

static void ask_for_too_much(void)
{
    (void)mem_zeroed(NULL, SIZE_MAX / 2, "huge");
}

static void resize_too_far(void)
{
    (void)mem_resize(NULL, mem_array(NULL, struct point, 1), struct point, SIZE_MAX / 4);
}

/* Runs fn in a child; its end as waitpid tells it, and what it wrote to stderr. */
static int end_of_child(void (*fn)(void), char *text, size_t size)
{
    int ends[2];
    int status = 0;
    ssize_t got;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        fn();
        _exit(0);
    }
    close(ends[1]);
    got = read(ends[0], text, size - 1);
    text[got < 0 ? 0 : got] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void failing_allocation_ends_the_process_and_says_why(void **state)
{
    static void (*const cases[])(void) = {ask_for_too_many, ask_for_too_much, resize_too_far};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(cases); at++) {
        char text[100];
        int status = end_of_child(cases[at], text, sizeof(text));

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        assert_string_equal(text, "ferry: out of memory\n");
    }
}

static void child_is_found_by_its_type_and_only_directly_below(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_null(mem_child(scope, "struct child_search"));
    void *below = mem_scope(scope);
    struct buf_like {
        int n;
    } *one = mem_new(below, struct buf_like);

    assert_null(mem_child(scope, "struct buf_like"));
    assert_ptr_equal(mem_child(below, "struct buf_like"), one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_objects_are_zeroed_and_named),
        cmocka_unit_test(resized_arrays_keep_their_elements_and_name),
        cmocka_unit_test(text_is_copied),
        cmocka_unit_test(scope_is_freed_where_its_block_ends),
        cmocka_unit_test(moved_object_outlives_its_first_parent),
        cmocka_unit_test(child_is_found_by_its_type_and_only_directly_below),
        cmocka_unit_test(failing_allocation_ends_the_process_and_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
