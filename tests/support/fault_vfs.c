#include "support/fault_vfs.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* lies behind this struct */
};

static struct {
    struct fault_plan plan;
    int count, fired;
    sqlite3_vfs vfs, *real;
} faults;

void fault_set(const struct fault_plan *plan)
{
    faults.plan = *plan;
    faults.count = 0;
    faults.fired = 0;
}

int fault_fired(void)
{
    return faults.fired;
}

static bool fails(enum fault_kind kind)
{
    if (faults.plan.n == 0 || (faults.plan.kinds & (unsigned)kind) == 0)
        return false;
    faults.count++;
    if (faults.count != faults.plan.n && !(faults.plan.stays && faults.count > faults.plan.n))
        return false;
    faults.fired++;
    return true;
}

static int fault_code(int io_error)
{
    return faults.plan.is_full ? SQLITE_FULL : io_error;
}

static sqlite3_file *real_file(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->real;
}

#define REAL(file) real_file(file)->pMethods

static int fault_close(sqlite3_file *file)
{
    return REAL(file)->xClose(real_file(file));
}

static int fault_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    if (fails(FAULT_READ))
        return SQLITE_IOERR_READ;
    return REAL(file)->xRead(real_file(file), out, size, at);
}

/* A disk that runs full may still have taken the first half. */
static int fault_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    if (!fails(FAULT_WRITE))
        return REAL(file)->xWrite(real_file(file), data, size, at);
    if (REAL(file)->xWrite(real_file(file), data, size / 2, at) != SQLITE_OK)
        return SQLITE_IOERR_WRITE;
    return fault_code(SQLITE_IOERR_WRITE);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails(FAULT_TRUNCATE))
        return SQLITE_IOERR_TRUNCATE;
    return REAL(file)->xTruncate(real_file(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    if (fails(FAULT_SYNC))
        return fault_code(SQLITE_IOERR_FSYNC);
    return REAL(file)->xSync(real_file(file), flags);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return REAL(file)->xFileSize(real_file(file), size);
}

static int fault_lock(sqlite3_file *file, int level)
{
    return REAL(file)->xLock(real_file(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->xUnlock(real_file(file), level);
}

static int fault_check_lock(sqlite3_file *file, int *held)
{
    return REAL(file)->xCheckReservedLock(real_file(file), held);
}

static int fault_control(sqlite3_file *file, int op, void *arg)
{
    return REAL(file)->xFileControl(real_file(file), op, arg);
}

static int fault_sector_size(sqlite3_file *file)
{
    return REAL(file)->xSectorSize(real_file(file));
}

static int fault_characteristics(sqlite3_file *file)
{
    return REAL(file)->xDeviceCharacteristics(real_file(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    if (fails(FAULT_SHM))
        return fault_code(SQLITE_IOERR_SHMMAP);
    return REAL(file)->xShmMap(real_file(file), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return REAL(file)->xShmLock(real_file(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
    REAL(file)->xShmBarrier(real_file(file));
}

static int fault_shm_unmap(sqlite3_file *file, int delete_it)
{
    return REAL(file)->xShmUnmap(real_file(file), delete_it);
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_characteristics,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static int fault_open(sqlite3_vfs *vfs FERRY_UNUSED, const char *path, sqlite3_file *file,
                      int flags, int *out_flags)
{
    struct fault_file *self = (struct fault_file *)(void *)file;
    int rc;

    file->pMethods = NULL;
    if (fails(FAULT_OPEN))
        return SQLITE_CANTOPEN;
    self->real = (sqlite3_file *)(void *)(self + 1);
    rc = faults.real->xOpen(faults.real, path, self->real, flags, out_flags);
    if (self->real->pMethods != NULL)
        file->pMethods = &fault_methods;
    return rc;
}

void fault_register(void)
{
    faults.real = sqlite3_vfs_find(NULL);
    faults.vfs = *faults.real;
    faults.vfs.zName = FAULT_VFS;
    faults.vfs.szOsFile = (int)sizeof(struct fault_file) + faults.real->szOsFile;
    faults.vfs.xOpen = fault_open;
    faults.vfs.pNext = NULL;
    if (sqlite3_vfs_register(&faults.vfs, 0) != SQLITE_OK)
        mem_exhausted();
}

/* --- the journal's own --- */

static int files_code(void)
{
    return faults.plan.is_full ? ENOSPC : EIO;
}

static int files_size(const char *path, int64_t *bytes)
{
    return journal_system_files.size(path, bytes);
}

static int files_create(const char *path)
{
    return fails(FAULT_FILES) ? files_code() : journal_system_files.create(path);
}

static int files_rename(const char *from, const char *to)
{
    return fails(FAULT_FILES) ? files_code() : journal_system_files.rename(from, to);
}

static int files_remove(const char *path)
{
    return fails(FAULT_FILES) ? EIO : journal_system_files.remove(path);
}

static int files_sync(const char *path)
{
    return fails(FAULT_FILES) ? files_code() : journal_system_files.sync(path);
}

static int files_sync_folder(const char *path)
{
    return fails(FAULT_FILES) ? EIO : journal_system_files.sync_folder(path);
}

static int files_fs_type(const char *path, uint64_t *type)
{
    return journal_system_files.fs_type(path, type);
}

const struct journal_files fault_files = {
    .size = files_size,
    .create = files_create,
    .rename = files_rename,
    .remove = files_remove,
    .sync = files_sync,
    .sync_folder = files_sync_folder,
    .fs_type = files_fs_type,
};
