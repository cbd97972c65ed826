#include "practice/archive/fixture.h"

#include <dirent.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/make_archive.h"

static char *folder;
static void *context;

int fixture_setup(void **state)
{
    (void)state;
    context = mem_scope(NULL);
    folder = mem_strdup(context, "practice-archive-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    DIR *dir = opendir(folder);
    struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void)unlink(fixture_path(entry->d_name));
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    int result = rmdir(folder); /* fails when a test left something behind that it should not */
    mem_free(context);
    return result;
}

char *fixture_path(const char *name)
{
    return mem_printf(context, "%s/%s", folder, name);
}

const void *fixture_context(void)
{
    return context;
}

int fixture_make(const char *name, const char *line)
{
    char *argv[64] = {mem_strdup(context, "make-archive"), fixture_path(name)};
    int argc = 2;
    char *rest = NULL;
    for (char *word = strtok_r(mem_strdup(context, line), " ", &rest); word != NULL && argc < 63;
         word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = word;
    }
    return make_archive_main(argc, argv);
}

struct content *fixture_read(const char *path)
{
    struct content *content = NULL;
    enum content_problem problem = CONTENT_BAD_DATA;
    struct ferry_error err = {0};
    enum ferry_code code = content_read(context, path, &content, &problem, &err);
    if (code != FERRY_OK) {
        fail_msg("%s: %s", path, err.message);
    }
    assert_int_equal(problem, CONTENT_FINE);
    assert_non_null(content);
    return content;
}

enum content_problem fixture_refused(const char *path, const char **message)
{
    static struct ferry_error err;
    struct content *content = NULL;
    enum content_problem problem = CONTENT_FINE;
    memset(&err, 0, sizeof(err));
    enum ferry_code code = content_read(context, path, &content, &problem, &err);
    assert_int_not_equal(code, FERRY_OK);
    assert_int_equal(code, err.code);
    assert_int_not_equal(problem, CONTENT_FINE);
    assert_null(content);
    assert_true(err.message[0] != '\0');
    if (message != NULL) {
        *message = err.message;
    }
    return problem;
}

char *fixture_zip(const char *name, ...)
{
    char *path = fixture_path(name);
    struct zip_out *out = zip_out_open(context, path, true);
    struct ferry_error err = {0};
    va_list args;
    va_start(args, name);
    for (const char *member = va_arg(args, const char *); member != NULL;
         member = va_arg(args, const char *)) {
        const char *text = va_arg(args, const char *);
        if (member[strlen(member) - 1] == '/') {
            zip_out_folder(out, member);
        } else {
            zip_out_text(out, member, text);
        }
    }
    va_end(args);
    assert_int_equal(zip_out_close(out, NULL, NULL, &err), FERRY_OK);
    return path;
}

char *fixture_file(const char *name, const void *data, size_t size)
{
    char *path = fixture_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

char *fixture_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long end = ftell(file);
    assert_true(end >= 0);
    rewind(file);
    char *data = mem_array(context, char, (size_t)end + 1);
    *size = fread(data, 1, (size_t)end, file);
    assert_int_equal(*size, (size_t)end);
    assert_int_equal(fclose(file), 0);
    return data;
}
