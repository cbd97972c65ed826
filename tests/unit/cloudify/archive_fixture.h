/* What the archive tests share: files in a folder of their own, and small archives. */
#ifndef TESTS_UNIT_CLOUDIFY_ARCHIVE_FIXTURE_H
#define TESTS_UNIT_CLOUDIFY_ARCHIVE_FIXTURE_H

#include "cloudify/archive.h"
#include "unit/cloudify/zip_maker.h"

#define LEGACY_ZIP FERRY_SOURCE_DIR "/tests/data/snapshots/legacy-7.1.zip"
#define NEW_ZIP FERRY_SOURCE_DIR "/tests/data/snapshots/new-7.1.zip"

#define LEGACY_METADATA                                                                            \
    "{\"snapshot_version\": \"6.4.2\", \"schema_revision\": \"a\", "                               \
    "\"stage_schema_revision\": \"b\", \"composer_schema_revision\": \"c\"}"
#define NEW_METADATA "{\"snapshot_version\": \"7.0.5\", \"execution_id\": \"exec-1\"}"
/* The smallest dump that is one. */
#define TENANTS "COPY public.tenants (id, name) FROM stdin;\n0\tdefault_tenant\n\\.\n"
#define USERS "COPY public.users (id, username) FROM stdin;\n0\tadmin\n\\.\n"
#define BLUEPRINTS                                                                                 \
    "COPY public.blueprints (_storage_id, id, _tenant_id) FROM stdin;\n1\tb\t0\n\\.\n"
#define DEPLOYMENTS                                                                                \
    "COPY public.deployments (_storage_id, id, _tenant_id) FROM stdin;\n1\td\t0\n\\.\n"
#define DUMP TENANTS USERS BLUEPRINTS DEPLOYMENTS

/* The file that tests write and read; the same one again and again. */
const char *archive_file(void);
void archive_write(const void *data, size_t size);
/* Closes zip, writes it and reads it. */
enum ferry_code archive_of(const void *ctx, struct zip_maker *zip, struct cloudify_archive **out,
                           struct ferry_error *err);
/* An archive of legacy metadata and this dump. */
enum ferry_code archive_of_dump(const void *ctx, const char *dump, struct cloudify_archive **out,
                                struct ferry_error *err);
/* cmocka's set-up and tear-down of a group. */
int archive_setup(void **state);
int archive_teardown(void **state);

#endif
