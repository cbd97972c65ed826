#include "power/power_fs.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define SECTOR 512
#define NAMES_MAX 32
#define OPS_MAX 256
#define SHM_PAGES_MAX 16

struct inode {
    uint8_t *now, *disk; /* room bytes each */
    uint8_t *dirty;      /* one a sector: now differs from disk */
    int64_t size, disk_size, room;
    int64_t cut_size; /* shortest since the last sync, where that is shorter than on disk */
    bool cut;
};

struct name {
    char *path;
    struct inode *now, *disk;
};

/* A change of names that the folder's sync has not confirmed yet. */
struct name_op {
    struct name *name, *from; /* from: of a rename */
    struct inode *inode;      /* what name leads to afterwards, or NULL */
};

struct power_file {
    sqlite3_file base;
    struct inode *inode;
    bool syncs_name; /* a journal: its first sync syncs the folder too, as on unix */
};

/* One disk at a time: SQLite's interface has no place for more. */
static struct {
    void *ctx;
    struct rng *rng;
    struct name names[NAMES_MAX];
    size_t name_count;
    struct name_op ops[OPS_MAX];
    size_t op_count;
    void *shm[SHM_PAGES_MAX];
    int64_t operations, fail_at;
    bool dead, lie;
} fs;

/* Counts an operation that changes the disk; false: the power is gone before it. */
static bool operate(void)
{
    if (fs.dead)
        return false;
    fs.operations++;
    if (fs.fail_at != 0 && fs.operations >= fs.fail_at)
        fs.dead = true;
    return !fs.dead;
}

static struct name *name_of(const char *path)
{
    struct name *name;

    for (size_t at = 0; at < fs.name_count; at++) {
        if (strcmp(fs.names[at].path, path) == 0)
            return &fs.names[at];
    }
    if (fs.name_count == NAMES_MAX)
        mem_exhausted();
    name = &fs.names[fs.name_count++];
    *name = (struct name){.path = mem_strdup(fs.ctx, path)};
    return name;
}

static void apply_op(const struct name_op *op)
{
    op->name->disk = op->inode;
    if (op->from != NULL)
        op->from->disk = NULL;
}

static void sync_names(void)
{
    if (fs.lie)
        return;
    for (size_t at = 0; at < fs.op_count; at++)
        apply_op(&fs.ops[at]);
    fs.op_count = 0;
}

static void put_op(struct name *name, struct name *from, struct inode *inode)
{
    if (fs.op_count == OPS_MAX)
        sync_names(); /* a real system writes its journal sometime, too */
    if (fs.op_count == OPS_MAX)
        fs.op_count--; /* a lying disk forgets */
    fs.ops[fs.op_count++] = (struct name_op){.name = name, .from = from, .inode = inode};
    name->now = inode;
    if (from != NULL)
        from->now = NULL;
}

static int64_t sectors_of(int64_t bytes)
{
    return (bytes + SECTOR - 1) / SECTOR;
}

static void grow(struct inode *inode, int64_t size)
{
    int64_t room = inode->room == 0 ? 64 * SECTOR : inode->room;

    if (size <= inode->room)
        return;
    while (room < size)
        room *= 2;
    inode->now = mem_resize(fs.ctx, inode->now, uint8_t, (size_t)room);
    inode->disk = mem_resize(fs.ctx, inode->disk, uint8_t, (size_t)room);
    inode->dirty = mem_resize(fs.ctx, inode->dirty, uint8_t, (size_t)sectors_of(room));
    memset(inode->now + inode->room, 0, (size_t)(room - inode->room));
    memset(inode->disk + inode->room, 0, (size_t)(room - inode->room));
    memset(inode->dirty + sectors_of(inode->room), 0,
           (size_t)(sectors_of(room) - sectors_of(inode->room)));
    inode->room = room;
}

static void sync_inode(struct inode *inode)
{
    if (fs.lie)
        return;
    for (int64_t at = 0; at < sectors_of(inode->room); at++) {
        if (inode->dirty[at] != 0 || (inode->cut && at >= inode->cut_size / SECTOR))
            memcpy(inode->disk + at * SECTOR, inode->now + at * SECTOR, SECTOR);
        inode->dirty[at] = 0;
    }
    inode->disk_size = inode->size;
    inode->cut = false;
}

/* --- losing power --- */

static bool keeps(uint64_t per_cent)
{
    return rng_below(fs.rng, 100) < per_cent;
}

/* What the disk has where a sector was not written: its old content, or nothing any more where the
   file had been cut and that has reached the disk. */
static void lose_sector(struct inode *inode, int64_t at, bool was_cut, uint64_t per_cent)
{
    uint8_t *now = inode->now + at * SECTOR;
    uint8_t *disk = inode->disk + at * SECTOR;
    bool beyond = inode->cut && at >= sectors_of(inode->cut_size);

    if (beyond && was_cut && inode->dirty[at] == 0)
        memset(disk, 0, SECTOR);
    if (inode->dirty[at] == 0 || (beyond && !was_cut))
        return; /* blocks written after a cut that is lost belong to no file */
    if (keeps(per_cent))
        memcpy(disk, now, SECTOR);
    else if (beyond)
        memset(disk, 0, SECTOR);
}

/* A cut of the length is there or not there, as a whole: it is a change of the inode. */
static void lose(struct inode *inode, uint64_t per_cent)
{
    bool was_cut = inode->cut && keeps(per_cent);
    int64_t size = inode->disk_size;

    if (inode->room == 0)
        return;
    if (was_cut)
        size = keeps(per_cent) ? inode->size : inode->cut_size;
    else if (!inode->cut && keeps(per_cent))
        size = inode->size;
    for (int64_t at = 0; at < sectors_of(inode->room); at++) {
        lose_sector(inode, at, was_cut, per_cent);
        if (at * SECTOR >= size)
            memset(inode->disk + at * SECTOR, 0, SECTOR);
        inode->dirty[at] = 0;
    }
    memcpy(inode->now, inode->disk, (size_t)inode->room);
    inode->size = inode->disk_size = size;
    inode->cut = false;
}

void power_fs_restart(void)
{
    /* now and then nothing or everything of it survives */
    static const uint64_t chances[] = {0, 10, 50, 50, 50, 90, 100};
    uint64_t per_cent = chances[rng_below(fs.rng, FERRY_COUNT(chances))];

    for (size_t at = 0; at < fs.op_count; at++) {
        if (keeps(per_cent))
            apply_op(&fs.ops[at]);
    }
    fs.op_count = 0;
    for (size_t at = 0; at < fs.name_count; at++) {
        struct name *name = &fs.names[at];

        name->now = name->disk;
        if (name->now != NULL)
            lose(name->now, per_cent);
    }
    for (size_t at = 0; at < SHM_PAGES_MAX; at++) {
        mem_free(fs.shm[at]);
        fs.shm[at] = NULL;
    }
    fs.dead = false;
    fs.fail_at = 0;
}

void power_fs_reset(struct rng *rng)
{
    mem_free(fs.ctx);
    memset(&fs, 0, sizeof(fs));
    fs.ctx = mem_scope(NULL);
    fs.rng = rng;
}

void power_fs_fail_at(int64_t n)
{
    fs.fail_at = n == 0 ? 0 : fs.operations + n;
}

bool power_fs_is_dead(void)
{
    return fs.dead;
}

void power_fs_lie(bool lie)
{
    fs.lie = lie;
}

int64_t power_fs_operations(void)
{
    return fs.operations;
}

/* --- the journal's own file operations --- */

static int files_size(const char *path, int64_t *bytes)
{
    const struct name *name = name_of(path);

    if (fs.dead)
        return EIO;
    if (name->now == NULL)
        return ENOENT;
    *bytes = name->now->size;
    return 0;
}

static int files_create(const char *path)
{
    struct name *name = name_of(path);

    if (!operate())
        return EIO;
    if (name->now != NULL)
        return EEXIST;
    put_op(name, NULL, mem_new(fs.ctx, struct inode));
    return 0;
}

static int files_rename(const char *from, const char *to)
{
    struct name *old = name_of(from);

    if (!operate())
        return EIO;
    if (old->now == NULL)
        return ENOENT;
    put_op(name_of(to), name_of(from), old->now);
    return 0;
}

static int files_remove(const char *path)
{
    struct name *name = name_of(path);

    if (!operate())
        return EIO;
    if (name->now != NULL)
        put_op(name, NULL, NULL);
    return 0;
}

static int files_sync(const char *path)
{
    struct name *name = name_of(path);

    if (!operate())
        return EIO;
    if (name->now == NULL)
        return ENOENT;
    sync_inode(name->now);
    return 0;
}

static int files_sync_folder(const char *path FERRY_UNUSED)
{
    if (!operate())
        return EIO;
    sync_names();
    return 0;
}

static int files_fs_type(const char *path FERRY_UNUSED, uint64_t *type)
{
    *type = 0xef53; /* ext4 */
    return 0;
}

const struct journal_files power_files = {
    .size = files_size,
    .create = files_create,
    .rename = files_rename,
    .remove = files_remove,
    .sync = files_sync,
    .sync_folder = files_sync_folder,
    .fs_type = files_fs_type,
};

/* --- SQLite's file --- */

static struct power_file *power_file(sqlite3_file *file)
{
    return (struct power_file *)(void *)file;
}

static int file_close(sqlite3_file *file FERRY_UNUSED)
{
    return SQLITE_OK;
}

static int file_read_at(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    const struct inode *inode = power_file(file)->inode;
    int64_t there = inode->size - at;

    if (fs.dead)
        return SQLITE_IOERR_READ;
    if (there > size)
        there = size;
    if (there > 0)
        memcpy(out, inode->now + at, (size_t)there);
    else
        there = 0;
    if (there == size)
        return SQLITE_OK;
    memset((char *)out + there, 0, (size_t)(size - there));
    return SQLITE_IOERR_SHORT_READ;
}

static void put_bytes(struct inode *inode, const void *data, int64_t size, int64_t at)
{
    grow(inode, at + size);
    memcpy(inode->now + at, data, (size_t)size);
    memset(inode->dirty + at / SECTOR, 1, (size_t)(sectors_of(at + size) - at / SECTOR));
    if (at + size > inode->size)
        inode->size = at + size;
}

static int file_write_at(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    if (!operate())
        return SQLITE_IOERR_WRITE;
    put_bytes(power_file(file)->inode, data, size, at);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct inode *inode = power_file(file)->inode;

    if (!operate())
        return SQLITE_IOERR_TRUNCATE;
    grow(inode, size);
    if (size < inode->size) {
        memset(inode->now + size, 0, (size_t)(inode->size - size));
        memset(inode->dirty + sectors_of(size), 0,
               (size_t)(sectors_of(inode->room) - sectors_of(size)));
    }
    if (size < inode->disk_size && (!inode->cut || size < inode->cut_size)) {
        inode->cut = true;
        inode->cut_size = size;
    }
    inode->size = size;
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags FERRY_UNUSED)
{
    if (!operate())
        return SQLITE_IOERR_FSYNC;
    sync_inode(power_file(file)->inode);
    if (power_file(file)->syncs_name) {
        sync_names();
        power_file(file)->syncs_name = false;
    }
    return SQLITE_OK;
}

static int file_size_of(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = power_file(file)->inode->size;
    return fs.dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int file_lock(sqlite3_file *file FERRY_UNUSED, int level FERRY_UNUSED)
{
    return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *file FERRY_UNUSED, int *held)
{
    *held = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file FERRY_UNUSED, int op FERRY_UNUSED,
                        void *arg FERRY_UNUSED)
{
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file FERRY_UNUSED)
{
    return 4096; /* what SQLite is told on Linux */
}

static int file_characteristics(sqlite3_file *file FERRY_UNUSED)
{
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int shm_map(sqlite3_file *file FERRY_UNUSED, int page, int size, int extend,
                   void volatile **out)
{
    *out = NULL;
    if (fs.dead || page >= SHM_PAGES_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (fs.shm[page] == NULL && extend != 0)
        fs.shm[page] = mem_zeroed(fs.ctx, (size_t)size, "shm");
    *out = fs.shm[page];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file FERRY_UNUSED, int offset FERRY_UNUSED, int n FERRY_UNUSED,
                    int flags FERRY_UNUSED)
{
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file FERRY_UNUSED)
{
}

static int shm_unmap(sqlite3_file *file FERRY_UNUSED, int delete_it)
{
    for (size_t at = 0; delete_it != 0 && at < SHM_PAGES_MAX; at++) {
        mem_free(fs.shm[at]);
        fs.shm[at] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read_at,
    .xWrite = file_write_at,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size_of,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* --- the VFS --- */

static int vfs_open(sqlite3_vfs *vfs FERRY_UNUSED, const char *path, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct power_file *self = power_file(file);
    struct name *name = path == NULL ? NULL : name_of(path);

    file->pMethods = NULL;
    if (fs.dead)
        return SQLITE_IOERR;
    *self = (struct power_file){.inode = name == NULL ? NULL : name->now};
    if (self->inode == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
        return SQLITE_CANTOPEN;
    if (self->inode == NULL) {
        self->inode = mem_new(fs.ctx, struct inode);
        if (name != NULL && !operate())
            return SQLITE_IOERR;
        if (name != NULL)
            put_op(name, NULL, self->inode);
    }
    /* os_unix.c goes by these flags, not by whether the file was there: a WAL that a killed process
       had made gets its name synced by the next one */
    self->syncs_name = (flags & SQLITE_OPEN_CREATE) != 0 &&
                       (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    if (out_flags != NULL)
        *out_flags = flags;
    file->pMethods = &file_methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs FERRY_UNUSED, const char *path, int sync)
{
    struct name *name = name_of(path);

    if (!operate())
        return SQLITE_IOERR_DELETE;
    if (name->now == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    put_op(name, NULL, NULL);
    if (sync != 0)
        sync_names();
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs FERRY_UNUSED, const char *path, int flags FERRY_UNUSED,
                      int *out)
{
    const struct name *name = name_of(path);

    *out = name->now != NULL && name->now->size > 0;
    return fs.dead ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs FERRY_UNUSED, const char *path, int size, char *out)
{
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs FERRY_UNUSED, int size, char *out)
{
    for (int at = 0; at < size; at++)
        out[at] = (char)rng_below(fs.rng, 256);
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs FERRY_UNUSED, int microseconds)
{
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs FERRY_UNUSED, double *out)
{
    *out = 2461003.5;
    return SQLITE_OK;
}

void power_fs_register(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct power_file),
        .mxPathname = 512,
        .zName = POWER_VFS,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
    };

    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        mem_exhausted();
}
