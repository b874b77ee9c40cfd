/* A disk that fails as a test tells it to, between SQLite and the system's files.
 *
 * Only in a build with --enable-faults, and only where the environment variable
 * POCKETBOOK_DISK names a file. It is read before each operation, so that a test can
 * break and mend the disk of a running server. Each of its lines is a fault:
 *
 *   OPERATION FILE ERROR     such as `sync wal EIO`
 *
 * OPERATION is read, write, sync, truncate or grow (of the log's index, FILE db); FILE
 * is db, wal or any; ERROR is EIO, ENOSPC, EDQUOT or EROFS. No file, or an empty one:
 * all is well. A line that it does not know ends the process.
 *
 * Where POCKETBOOK_WITNESS names a file, every process notes there what it does to the
 * database that POCKETBOOK_WITNESS_DB names, each thing once: a line
 * `PID OPERATION FILE`; of locks those that a commit, a checkpoint and a recovery
 * take. * Where POCKETBOOK_LEVERS is set, SQLite's allocations fail with ours
 * (base/fault.h). */
#ifndef STORE_SQLITE_FAULT_VFS_H
#define STORE_SQLITE_FAULT_VFS_H

#ifdef ENABLE_FAULTS
/* Puts that disk under the databases that this process opens from now on; once is
 * enough. */
void fault_vfs_disk(void);
#else
#define fault_vfs_disk() ((void)0)
#endif

#endif
