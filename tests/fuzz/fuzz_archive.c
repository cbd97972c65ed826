/*
 * The reader of snapshot archives on whatever comes.
 *
 * An input that begins with "P" is a file as it is. Any other is a recipe, from which a zip with
 * right checksums is made, so that a mutation reaches the readers of members and does not end at a
 * CRC: one record a member, "K N SSS NAME DATA" without the spaces: K what is wrong with it (a bit
 * each, 0: nothing), N bytes of the name, SSS bytes of the data, little-endian.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "unit/cloudify/zip_maker.h"

#define HEAD 5
#define INPUT_MAX (1 << 20)

enum { DEEP = 1, WRONG_SIZE = 2, WRONG_OFFSET = 4, WRONG_NAME = 8, WRONG_CRC = 16, ZIP64 = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_member(struct zip_maker *zip, void *scope, const uint8_t *head, size_t name_size,
                       size_t size)
{
    const uint8_t kind = head[0];
    const char *name = mem_strndup(scope, (const char *)head + HEAD, name_size);
    struct zip_lie lie = {.size = (kind & WRONG_SIZE) != 0 ? (int64_t)size + 7 : 0,
                          .offset = (kind & WRONG_OFFSET) != 0 ? 5 : 0,
                          .name = (kind & WRONG_NAME) != 0 ? "other" : NULL,
                          .wrong_crc = (kind & WRONG_CRC) != 0,
                          .zip64 = (kind & ZIP64) != 0};

    zip_maker_add(zip, name, head + HEAD + name_size, size, &lie);
}

static const void *cook(void *scope, const uint8_t *data, size_t *size, bool *deep)
{
    struct zip_maker *zip = zip_maker_new(scope);
    size_t at = 0;

    while (*size - at > HEAD) {
        const uint8_t *head = data + at;
        size_t left = *size - at - HEAD;
        size_t name = head[1] < left ? head[1] : left;
        size_t want = (size_t)head[2] | (size_t)head[3] << 8 | (size_t)head[4] << 16;
        size_t part = want < left - name ? want : left - name;

        *deep = *deep || (head[0] & DEEP) != 0;
        add_member(zip, scope, head, name, part);
        at += HEAD + name + part;
    }
    return zip_maker_end(zip, NULL, size);
}

/* In two pieces, so that each header may be cut. */
static struct cloudify_archive_walk *walk_on(void *scope, const void *bytes, size_t size)
{
    struct cloudify_archive_walk *walk = cloudify_archive_walk_new(scope);

    cloudify_archive_walk_on(walk, bytes, size / 2);
    cloudify_archive_walk_on(walk, (const char *)bytes + size / 2, size - size / 2);
    return walk;
}

static enum ferry_code read_it(void *scope, const char *path, bool deep,
                               struct cloudify_archive_walk *walk)
{
    const struct cloudify_archive_options options = {.deep = deep, .walk = walk};
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    if (cloudify_archive_read(scope, path, &options, &archive, &err) == FERRY_OK) {
        (void)json_print(scope, cloudify_archive_report(scope, archive, NULL));
        (void)json_print(scope, cloudify_archive_facts(scope, archive, NULL));
    } else if (err.message[0] == '\0' || err.code == FERRY_OK) {
        __builtin_trap(); /* every refusal says why */
    }
    return err.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const void *bytes = data;
    bool deep = true;

    if (file < 0) {
        file = memfd_create("archive", MFD_CLOEXEC);
    }
    if (file < 0 || size == 0 || size > INPUT_MAX) {
        return 0;
    }
    if (data[0] != 'P') {
        deep = false;
        bytes = cook(scope, data, &size, &deep);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, size, 0) != (ssize_t)size) {
        return 0;
    }
    if (read_it(scope, mem_printf(scope, "/proc/self/fd/%d", file), deep, NULL) != FERRY_OK &&
        deep &&
        read_it(scope, mem_printf(scope, "/proc/self/fd/%d", file), true,
                walk_on(scope, bytes, size)) == FERRY_OK) {
        __builtin_trap(); /* what came piece by piece is never believed more */
    }
    return 0;
}
