#include "ferry_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static char *folder; /* a new one for each test; everything in it goes afterwards */

static int make_temporary_folder(void **state)
{
    (void)state;
    folder = mem_strdup(NULL, "file-test-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static void remove_all(const char *path)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_all(mem_printf(scope, "%s/%s", path, entry->d_name));
    }
    if (dir != NULL)
        closedir(dir);
    remove(path);
}

static int remove_temporary_folder(void **state)
{
    (void)state;
    remove_all(folder);
    mem_free(folder);
    return 0;
}

static char *in_folder(const void *ctx, const char *name)
{
    return mem_printf(ctx, "%s/%s", folder, name);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void whole_file_is_read_with_its_size_and_a_nul(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    char *data = NULL;
    size_t size = 0;

    (void)state;
    put(path, "some text");
    assert_int_equal(file_read(scope, path, 9, &data, &size, NULL), FERRY_OK);
    assert_int_equal(size, 9);
    assert_string_equal(data, "some text");
    assert_ptr_equal(talloc_parent(data), scope);
    put(path, "");
    assert_int_equal(file_read(scope, path, 0, &data, NULL, NULL), FERRY_OK);
    assert_string_equal(data, "");
}

static void larger_file_is_refused_and_the_limit_named(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    struct ferry_error err;
    char *data = NULL;
    size_t size = 77;

    (void)state;
    put(path, "0123456789");
    assert_int_equal(file_read(scope, path, 9, &data, &size, &err), FERRY_E_IO);
    assert_string_equal(err.message, mem_printf(scope,
                                                "cannot read %s: it is larger than the "
                                                "limit of 9 bytes",
                                                path));
    assert_null(data);
    assert_int_equal(size, 77);
    assert_int_equal(file_read(scope, path, 10, &data, &size, &err), FERRY_OK);
}

static void file_without_a_size_is_read_to_its_end_and_limited_too(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    char *data = NULL;
    size_t size = 0;
    char text[20000];
    int ends[2];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof(text)), sizeof(text));
    close(ends[1]);
    assert_int_equal(file_read(scope, mem_printf(scope, "/dev/fd/%d", ends[0]), sizeof(text), &data,
                               &size, &err),
                     FERRY_OK);
    assert_int_equal(size, sizeof(text));
    assert_memory_equal(data, text, sizeof(text));
    close(ends[0]);
    assert_int_equal(file_read(scope, "/dev/zero", 100000, &data, &size, &err), FERRY_E_IO);
    assert_non_null(strstr(err.message, "limit of 100000 bytes"));
}

static void absent_files_and_folders_have_codes_of_their_own(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    char *data = NULL;

    (void)state;
    assert_int_equal(file_read(scope, in_folder(scope, "none"), 9, &data, NULL, &err),
                     FERRY_E_NOT_FOUND);
    assert_int_equal(err.sys, ENOENT);
    assert_non_null(strstr(err.message, "no such file"));
    assert_int_equal(file_read(scope, folder, 9, &data, NULL, &err), FERRY_E_IO);
    assert_non_null(strstr(err.message, "is a directory"));
}

static void written_file_has_content_and_mode_and_leaves_no_temporary_one(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    char *data = NULL;
    size_t size = 0;
    struct stat info;
    mode_t old = umask(077);

    (void)state;
    put(path, "old content, longer than the new one");
    assert_int_equal(file_write_atomic(path, "n\0w", 3, 0644, NULL), FERRY_OK);
    umask(old);
    assert_int_equal(file_read(scope, path, 100, &data, &size, NULL), FERRY_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "n\0w", 3);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_int_equal(access(mem_printf(scope, "%s.tmp", path), F_OK), -1);
}

static void readers_of_the_old_file_keep_the_old_content(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    char bytes[4] = "";
    int fd;

    (void)state;
    put(path, "old");
    fd = open(path, O_RDONLY);
    assert_int_equal(file_write_atomic(path, "new", 3, 0600, NULL), FERRY_OK);
    assert_int_equal(read(fd, bytes, 3), 3);
    assert_string_equal(bytes, "old");
    close(fd);
}

static void failing_write_leaves_the_old_file_and_no_temporary_one(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "sub");
    struct ferry_error err;

    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(file_write_atomic(path, "x", 1, 0600, &err), FERRY_E_IO);
    assert_int_equal(err.sys, EISDIR);
    assert_int_equal(access(mem_printf(scope, "%s.tmp", path), F_OK), -1);
    assert_int_equal(file_write_atomic(in_folder(scope, "no/a"), "x", 1, 0600, &err),
                     FERRY_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "no/a"));
}

static void write_that_stops_half_way_leaves_the_old_file_and_no_temporary_one(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    char *large = mem_array(scope, char, 10000);
    char *data = NULL;
    struct ferry_error err;
    struct rlimit old;
    struct rlimit small;
    enum ferry_code code;

    (void)state;
    put(path, "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    code = file_write_atomic(path, large, 10000, 0600, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(code, FERRY_E_IO);
    assert_int_equal(err.sys, EFBIG);
    assert_int_equal(file_read(scope, path, 100, &data, NULL, NULL), FERRY_OK);
    assert_string_equal(data, "old");
    assert_int_equal(access(mem_printf(scope, "%s.tmp", path), F_OK), -1);
}

static void left_over_temporary_file_or_link_is_not_written_through(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *victim = in_folder(scope, "victim");
    char *data = NULL;

    (void)state;
    put(victim, "untouched");
    assert_int_equal(symlink("victim", in_folder(scope, "a.tmp")), 0);
    assert_int_equal(file_write_atomic(in_folder(scope, "a"), "new", 3, 0600, NULL), FERRY_OK);
    assert_int_equal(file_read(scope, victim, 100, &data, NULL, NULL), FERRY_OK);
    assert_string_equal(data, "untouched");
}

static void file_in_the_working_folder_needs_no_slash(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic("file-test-here", "x", 1, 0600, NULL), FERRY_OK);
    assert_int_equal(unlink("file-test-here"), 0);
}

static void file_that_others_may_read_is_not_private(void **state)
{
    static const struct {
        mode_t mode;
        enum ferry_code code;
    } rows[] = {{0600, FERRY_OK},       {0400, FERRY_OK},       {0700, FERRY_OK},
                {0640, FERRY_E_CONFIG}, {0604, FERRY_E_CONFIG}, {0644, FERRY_E_CONFIG}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    struct ferry_error err;

    (void)state;
    put(path, "secret");
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        assert_int_equal(chmod(path, rows[at].mode), 0);
        assert_int_equal(file_check_private(path, &err), rows[at].code);
    }
    assert_non_null(strstr(err.message, "others may read it (mode 0644)"));
    assert_string_equal(err.hint, mem_printf(scope, "chmod 600 %s", path));
    assert_int_equal(file_check_private(in_folder(scope, "none"), &err), FERRY_E_NOT_FOUND);
}

static void folders_are_made_with_their_parents_and_for_the_owner_only(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "x//y/z/");
    struct stat info;

    (void)state;
    assert_int_equal(file_make_folders(path, NULL), FERRY_OK);
    assert_int_equal(file_make_folders(path, NULL), FERRY_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(file_make_folders("/", NULL), FERRY_OK);
    assert_int_equal(file_make_folders("", NULL), FERRY_OK);
}

static void file_in_the_way_of_a_folder_is_an_error_that_names_it(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = in_folder(scope, "a");
    struct ferry_error err;

    (void)state;
    put(path, "x");
    assert_int_equal(file_make_folders(mem_printf(scope, "%s/b", path), &err), FERRY_E_IO);
    assert_string_equal(err.message,
                        mem_printf(scope, "cannot make the folder %s: not a directory", path));
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, make_temporary_folder, remove_temporary_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(whole_file_is_read_with_its_size_and_a_nul),
        IN_FOLDER(larger_file_is_refused_and_the_limit_named),
        IN_FOLDER(file_without_a_size_is_read_to_its_end_and_limited_too),
        IN_FOLDER(absent_files_and_folders_have_codes_of_their_own),
        IN_FOLDER(written_file_has_content_and_mode_and_leaves_no_temporary_one),
        IN_FOLDER(readers_of_the_old_file_keep_the_old_content),
        IN_FOLDER(failing_write_leaves_the_old_file_and_no_temporary_one),
        IN_FOLDER(write_that_stops_half_way_leaves_the_old_file_and_no_temporary_one),
        IN_FOLDER(left_over_temporary_file_or_link_is_not_written_through),
        IN_FOLDER(file_in_the_working_folder_needs_no_slash),
        IN_FOLDER(file_that_others_may_read_is_not_private),
        IN_FOLDER(folders_are_made_with_their_parents_and_for_the_owner_only),
        IN_FOLDER(file_in_the_way_of_a_folder_is_an_error_that_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
