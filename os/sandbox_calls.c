/* Which system calls all processes may make, with which arguments, and which none may.
 * os/sandbox_filter.c makes filters of these lists; worker/confine.c, writer/confine.c
 * and the back ends of the store have lists of their own. */
#include "os/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

const int calls_common[] = { SCMP_SYS(read),
			     SCMP_SYS(write),
			     SCMP_SYS(readv),
			     SCMP_SYS(writev),
			     SCMP_SYS(pread64),
			     SCMP_SYS(preadv),
			     SCMP_SYS(lseek),
			     SCMP_SYS(close),
			     SCMP_SYS(fstat),
			     SCMP_SYS(stat),
			     SCMP_SYS(lstat),
			     SCMP_SYS(newfstatat),
			     SCMP_SYS(statx),
			     SCMP_SYS(access),
			     SCMP_SYS(faccessat),
			     SCMP_SYS(faccessat2),
			     SCMP_SYS(readlink),
			     SCMP_SYS(readlinkat),
			     SCMP_SYS(getcwd),
			     SCMP_SYS(dup),
			     SCMP_SYS(dup2),
			     SCMP_SYS(dup3),
			     SCMP_SYS(poll),
			     SCMP_SYS(ppoll),
			     SCMP_SYS(recvfrom),
			     SCMP_SYS(recvmsg),
			     SCMP_SYS(brk),
			     SCMP_SYS(munmap),
			     SCMP_SYS(mremap),
			     SCMP_SYS(madvise),
			     SCMP_SYS(futex),
			     SCMP_SYS(membarrier),
			     SCMP_SYS(rseq),
			     SCMP_SYS(set_robust_list),
			     SCMP_SYS(clock_gettime),
			     SCMP_SYS(clock_getres),
			     SCMP_SYS(clock_nanosleep),
			     SCMP_SYS(nanosleep),
			     SCMP_SYS(gettimeofday),
			     SCMP_SYS(time),
			     SCMP_SYS(times),
			     SCMP_SYS(getrusage),
			     SCMP_SYS(getpid),
			     SCMP_SYS(getppid),
			     SCMP_SYS(gettid),
			     SCMP_SYS(getuid),
			     SCMP_SYS(geteuid),
			     SCMP_SYS(getgid),
			     SCMP_SYS(getegid),
			     SCMP_SYS(rt_sigaction),
			     SCMP_SYS(rt_sigprocmask),
			     SCMP_SYS(rt_sigreturn),
			     SCMP_SYS(sigaltstack),
			     SCMP_SYS(restart_syscall),
			     SCMP_SYS(exit),
			     SCMP_SYS(exit_group),
			     SCMP_SYS(getrandom),
			     SCMP_SYS(uname),
			     SCMP_SYS(sysinfo),
			     SCMP_SYS(sched_yield),
			     SCMP_SYS(sched_getaffinity),
			     SCMP_SYS(getcpu),
			     SCMP_SYS(umask),
			     SANDBOX_NO_CALL };

/* F_SETOWN, F_SETSIG and O_ASYNC send signals to other processes, and TIOCSTI types
 * into the terminal that started the server, so each command must be listed. A name in
 * sendto, and MSG_FASTOPEN, send to any address; a name in sendmsg cannot be seen, but
 * only datagram sockets heed it, and no process can make one. */
const struct sandbox_rule rules_common[] = {
	SANDBOX_ALLOW_IF(ioctl, SANDBOX_ARG(1, FIONREAD)),
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_GETFD)),
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_SETFD)),
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_GETFL)),
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_DUPFD_CLOEXEC)),
	SANDBOX_ALLOW_IF(sendto, SANDBOX_ARG(4, 0),
			 SANDBOX_ARG_ONLY(3, MSG_DONTWAIT | MSG_NOSIGNAL)),
	SANDBOX_ALLOW_IF(sendmsg, SANDBOX_ARG_ONLY(2, MSG_DONTWAIT | MSG_NOSIGNAL)),
	SANDBOX_ALLOW_IF(getsockopt, SANDBOX_ARG(1, SOL_SOCKET), SANDBOX_ARG(2, SO_PEERCRED)),
	SANDBOX_ALLOW_IF(getsockopt, SANDBOX_ARG(1, SOL_SOCKET), SANDBOX_ARG(2, SO_ERROR)),
	/* Its own limits, to read. */
	SANDBOX_ALLOW_IF(prlimit64, SANDBOX_ARG(0, 0), SANDBOX_ARG(2, 0)), SANDBOX_END
};

/* Memory must never become executable. */
#if SANITIZED
const struct sandbox_rule rules_memory[] = { SANDBOX_ALLOW(mmap), SANDBOX_ALLOW(mprotect),
					     SANDBOX_END };
#else
const struct sandbox_rule rules_memory[] = {
	SANDBOX_ALLOW_IF(mmap, SANDBOX_ARG_WITHOUT(2, PROT_EXEC)),
	SANDBOX_KILL_IF(mmap, SANDBOX_ARG_WITH(2, PROT_EXEC)),
	SANDBOX_ALLOW_IF(mprotect, SANDBOX_ARG_WITHOUT(2, PROT_EXEC)),
	SANDBOX_KILL_IF(mprotect, SANDBOX_ARG_WITH(2, PROT_EXEC)), SANDBOX_END
};
#endif

#define READING(name, at, act) \
	{ \
		.call = SCMP_SYS(name), .action = (act), .conditions = { \
			SANDBOX_ARG_WITHOUT(at, O_ACCMODE | O_CREAT | O_TRUNC) \
		} \
	}
#define NEVER_WRITING(name, at) \
	SANDBOX_KILL_IF(name, SANDBOX_ARG_WITH(at, O_WRONLY)), \
		SANDBOX_KILL_IF(name, SANDBOX_ARG_WITH(at, O_RDWR)), \
		SANDBOX_KILL_IF(name, SANDBOX_ARG_WITH(at, O_CREAT)), \
		SANDBOX_KILL_IF(name, SANDBOX_ARG_WITH(at, O_TRUNC))

const struct sandbox_rule rules_open_nothing[] = { READING(openat, 2, SCMP_ACT_ERRNO(EACCES)),
						   NEVER_WRITING(openat, 2),
						   READING(open, 1, SCMP_ACT_ERRNO(EACCES)),
						   NEVER_WRITING(open, 1), SANDBOX_END };
const struct sandbox_rule rules_open_to_read[] = { READING(openat, 2, SCMP_ACT_ALLOW),
						   NEVER_WRITING(openat, 2),
						   READING(open, 1, SCMP_ACT_ALLOW),
						   NEVER_WRITING(open, 1), SANDBOX_END };
const struct sandbox_rule rules_open_to_write[] = { SANDBOX_ALLOW(openat), SANDBOX_ALLOW(open),
						    SANDBOX_END };
const struct sandbox_rule rules_openat2[] = { SANDBOX_ALLOW(openat2), SANDBOX_END };

const int calls_never[] = { SCMP_SYS(process_vm_readv),
			    SCMP_SYS(process_vm_writev),
			    SCMP_SYS(mount),
			    SCMP_SYS(umount2),
			    SCMP_SYS(pivot_root),
			    SCMP_SYS(chroot),
			    SCMP_SYS(setns),
			    SCMP_SYS(init_module),
			    SCMP_SYS(finit_module),
			    SCMP_SYS(delete_module),
			    SCMP_SYS(kexec_load),
			    SCMP_SYS(kexec_file_load),
			    SCMP_SYS(bpf),
			    SCMP_SYS(perf_event_open),
			    SCMP_SYS(userfaultfd),
			    SCMP_SYS(open_by_handle_at),
			    SCMP_SYS(add_key),
			    SCMP_SYS(keyctl),
			    SCMP_SYS(request_key),
			    SCMP_SYS(reboot),
			    SCMP_SYS(swapon),
			    SCMP_SYS(swapoff),
			    SCMP_SYS(iopl),
			    SCMP_SYS(ioperm),
			    SCMP_SYS(settimeofday),
			    SCMP_SYS(clock_settime),
			    SCMP_SYS(acct),
			    SCMP_SYS(quotactl),
			    SANDBOX_NO_CALL };

const int calls_suspicious[] = {
	SCMP_SYS(execve),    SCMP_SYS(execveat),       SCMP_SYS(fork),
	SCMP_SYS(vfork),     SCMP_SYS(socketpair),     SCMP_SYS(creat),
	SCMP_SYS(unlink),    SCMP_SYS(unlinkat),       SCMP_SYS(rename),
	SCMP_SYS(renameat),  SCMP_SYS(renameat2),      SCMP_SYS(link),
	SCMP_SYS(linkat),    SCMP_SYS(symlink),        SCMP_SYS(symlinkat),
	SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),        SCMP_SYS(mknod),
	SCMP_SYS(mknodat),   SCMP_SYS(chmod),          SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),  SCMP_SYS(chown),          SCMP_SYS(fchown),
	SCMP_SYS(fchownat),  SCMP_SYS(lchown),         SCMP_SYS(truncate),
	SCMP_SYS(ftruncate), SCMP_SYS(fallocate),      SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),   SCMP_SYS(pwritev2),       SCMP_SYS(setxattr),
	SCMP_SYS(fsetxattr), SCMP_SYS(setuid),         SCMP_SYS(setgid),
	SCMP_SYS(setreuid),  SCMP_SYS(setregid),       SCMP_SYS(setresuid),
	SCMP_SYS(setresgid), SCMP_SYS(setgroups),      SCMP_SYS(capset),
	SCMP_SYS(unshare),   SCMP_SYS(io_uring_setup), SCMP_SYS(memfd_create),
	SCMP_SYS(shmget),    SCMP_SYS(pidfd_getfd),    SCMP_SYS(socket),
	SCMP_SYS(connect),   SCMP_SYS(bind),           SCMP_SYS(listen),
	SANDBOX_NO_CALL
};

const int calls_sanitizers[] = { SCMP_SYS(clone),      SCMP_SYS(ptrace),   SCMP_SYS(prctl),
				 SCMP_SYS(wait4),      SCMP_SYS(getdents), SCMP_SYS(getdents64),
				 SCMP_SYS(arch_prctl), SANDBOX_NO_CALL };
