#include "ferry_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"

#define SETTINGS_MAX 16

static char folder[4096];
static int home = -1; /* the folder that the test program began in */

int enter_folder(void **state)
{
    char name[] = "config-test-XXXXXX";

    (void)state;
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home < 0 || mkdtemp(name) == NULL || chdir(name) != 0 ||
        getcwd(folder, sizeof(folder)) == NULL)
        return -1;
    return setenv("HOME", folder, 1); /* cfy's profiles are those of the test, or none */
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

int leave_folder(void **state)
{
    (void)state;
    if (fchdir(home) != 0)
        return -1;
    close(home);
    remove_all(folder);
    return 0;
}

const char *test_folder(void)
{
    return folder;
}

void put_file(const char *name, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    char *parent = mem_strdup(scope, name);
    char *slash = strrchr(parent, '/');

    if (slash != NULL) {
        *slash = '\0';
        assert_int_equal(file_make_folders(parent, &err), FERRY_OK);
    }
    assert_int_equal(file_write_atomic(name, text, strlen(text), 0600, &err), FERRY_OK);
}

void let_others_in(void)
{
    static const char *const folders[] = {".", ".cloudify", ".cloudify/profiles",
                                          ".cloudify/profiles/prod"};

    for (size_t at = 0; at < FERRY_COUNT(folders); at++)
        assert_int_equal(chmod(folders[at], 0755), 0);
}

void load_text(struct loaded *loaded, const char *text, ...)
{
    const char *settings[SETTINGS_MAX];
    struct config_source source = {.settings = settings};
    va_list args;

    memset(loaded, 0, sizeof(*loaded));
    loaded->mem = mem_scope(NULL);
    va_start(args, text);
    while ((settings[source.setting_count] = va_arg(args, const char *)) != NULL)
        source.setting_count++;
    va_end(args);
    if (text != NULL) {
        put_file("up.yaml", text);
        source.file = "up.yaml";
    }
    loaded->code = config_load(loaded->mem, &source, &loaded->options, &loaded->err);
    if (loaded->code == FERRY_OK)
        assert_int_equal(config_check_options(loaded->options, &loaded->err), FERRY_OK);
}

void loaded_free(struct loaded *loaded)
{
    mem_free(loaded->mem);
}

void assert_refused(const char *text, const char *setting, enum ferry_code code,
                    const char *message, const char *hint)
{
    struct loaded loaded;

    load_text(&loaded, text, setting, (char *)NULL);
    assert_int_equal(loaded.code, code);
    assert_string_equal(loaded.err.message, message);
    if (hint != NULL && strstr(loaded.err.hint, hint) == NULL)
        fail_msg("hint: %s", loaded.err.hint);
    loaded_free(&loaded);
}
