/* A disk that fails on demand, between SQLite and the files of the system.
 *
 * Only in a build with --enable-faults, and only if the environment variable
 * POCKETBOOK_DISK names a file. That is read before each operation, so that a test can
 * break and repair the disk of a running server. Each of its lines is a fault:
 *
 *   OPERATION FILE ERROR     such as `sync wal EIO`
 *
 * OPERATION is read, write, sync, truncate or grow (of the log's index, FILE db); FILE
 * is db, wal or any; ERROR is EIO, ENOSPC, EDQUOT or EROFS. Without the file, or if it
 * is empty, nothing fails. An unknown line ends the process.
 *
 * If POCKETBOOK_WITNESS names a file, every process writes a line `PID OPERATION FILE`
 * to it for each kind of operation on the database that POCKETBOOK_WITNESS_DB names; of
 * the locks it reports those of commits, checkpoints and recoveries.
 *
 * If POCKETBOOK_LEVERS is set, SQLite's allocations fail along with ours
 * (base/fault.h). */
#ifndef STORE_SQLITE_FAULT_VFS_H
#define STORE_SQLITE_FAULT_VFS_H

#ifdef ENABLE_FAULTS
/* Installs the layer for databases opened later; more than one call is fine. */
void fault_vfs_install(void);
#else
#define fault_vfs_install() ((void)0)
#endif

#endif
