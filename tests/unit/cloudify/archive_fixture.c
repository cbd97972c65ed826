#include "unit/cloudify/archive_fixture.h"

#include "ferry_test.h"

#include <unistd.h>

#include "base/mem.h"

static char folder[] = "/tmp/ferry-archive-XXXXXX";
static char file[sizeof folder + sizeof "/test.zip"];

const char *archive_file(void)
{
    return file;
}

int archive_setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(file, sizeof file, "%s/test.zip", folder);
    return 0;
}

int archive_teardown(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

void archive_write(const void *data, size_t size)
{
    FILE *out = fopen(file, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

enum ferry_code archive_of(const void *ctx, struct zip_maker *zip, struct cloudify_archive **out,
                           struct ferry_error *err)
{
    size_t size = 0;
    const char *data = zip_maker_end(zip, NULL, &size);

    archive_write(data, size);
    return cloudify_archive_read(ctx, file, NULL, out, err);
}

enum ferry_code archive_of_dump(const void *ctx, const char *dump, struct cloudify_archive **out,
                                struct ferry_error *err)
{
    struct zip_maker *zip = zip_maker_new(ctx);

    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", dump);
    return archive_of(ctx, zip, out, err);
}
