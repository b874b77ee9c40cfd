/* The sandbox common to all processes. worker/confine.c, writer/confine.c and the
 * master add their own calls and folders to it. See also os/landlock.c. */
#include "os/sandbox.h"

#include "base/array.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The runtime of a sanitizer reads /proc, maps executable memory, and detects leaks in
 * a separate process. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define CALLS_MAX 64 /* of a process beyond those common to all */

/* The length of an address that autobind assigns: the family, a zero, five digits. */
#define AUTOBIND_LEN (sizeof(sa_family_t) + 6)

/* ---- The lists ---- */

/* For all processes: libc, logging, memory, time, open sockets and files. */
static const int common[] = { SCMP_SYS(read),
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
			      SCMP_SYS(fcntl),
			      SCMP_SYS(dup),
			      SCMP_SYS(dup2),
			      SCMP_SYS(dup3),
			      SCMP_SYS(ioctl),
			      SCMP_SYS(poll),
			      SCMP_SYS(ppoll),
			      SCMP_SYS(sendto),
			      SCMP_SYS(sendmsg),
			      SCMP_SYS(recvfrom),
			      SCMP_SYS(recvmsg),
			      SCMP_SYS(getsockopt),
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
			      SANDBOX_END };

/* Forbidden to all processes, including later versions of the program after an upgrade:
 * access to other processes' memory, changes of the system. */
static const int never[] = { SCMP_SYS(process_vm_readv),
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
			     SANDBOX_END };

/* Typical of an attack: fatal unless the list of the process allows the call. */
static const int suspicious[] = {
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
	SCMP_SYS(shmget),    SCMP_SYS(pidfd_getfd),    SANDBOX_END
};

/* Used by the sanitizers; otherwise as suspicious as the above. */
static const int sanitizers[] = { SCMP_SYS(clone),      SCMP_SYS(ptrace),   SCMP_SYS(prctl),
				  SCMP_SYS(wait4),      SCMP_SYS(getdents), SCMP_SYS(getdents64),
				  SCMP_SYS(arch_prctl), SANDBOX_END };

/* ---- The filter ---- */

static bool is_listed(const int *calls, int call)
{
	for (; *calls != SANDBOX_END; calls++)
		if (*calls == call)
			return true;
	return false;
}

/* The functions below return 0 or a negative errno, as libseccomp does. libseccomp
 * ignores calls that the architecture does not have. */
static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, const int *but)
{
	int code = 0;

	for (; *calls != SANDBOX_END && code == 0; calls++)
		if (!is_listed(but, *calls))
			code = seccomp_rule_add(filter, action, *calls, 0);
	return code;
}

/* Memory must never become executable. */
static int add_memory(scmp_filter_ctx filter)
{
	const uint64_t none = SANITIZED ? 0 : PROT_EXEC;
	int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				    SCMP_A2(SCMP_CMP_MASKED_EQ, none, 0));

	if (code == 0)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, none, 0));
	if (code == 0 && none != 0)
		code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, none, none));
	if (code == 0 && none != 0)
		code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, none, none));
	return code;
}

/* The process may signal itself, as abort() does, and read its limits. */
static int add_self(scmp_filter_ctx filter)
{
	const scmp_datum_t self = (scmp_datum_t)getpid();
	int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				    SCMP_A0(SCMP_CMP_EQ, self));

	if (code == 0)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
					SCMP_A0(SCMP_CMP_EQ, self));
	if (code == 0)
		code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(kill), 1,
					SCMP_A0(SCMP_CMP_NE, self));
	if (code == 0)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
					SCMP_A2(SCMP_CMP_EQ, 0));
	return code;
}

/* A filter cannot read an address, but it sees the length: that of an empty address,
 * for which the kernel assigns one (autobind), and that of an assigned one. The address
 * of the control socket is longer. */
static int add_sockets(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
	static const struct {
		int call;
		unsigned at;
		scmp_datum_t value;
	} own[] = { { SCMP_SYS(socket), 0, AF_UNIX },
		    { SCMP_SYS(bind), 2, sizeof(sa_family_t) },
		    { SCMP_SYS(connect), 2, AUTOBIND_LEN } };
	int code = seccomp_rule_add(filter,
				    sandbox->own_sockets ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS,
				    SCMP_SYS(listen), 0);

	for (size_t i = 0; i < COUNT(own) && code == 0; i++) {
		if (sandbox->own_sockets)
			code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, own[i].call, 1,
						SCMP_CMP(own[i].at, SCMP_CMP_EQ, own[i].value));
		if (sandbox->own_sockets && code == 0)
			code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, own[i].call, 1,
						SCMP_CMP(own[i].at, SCMP_CMP_NE, own[i].value));
		if (!sandbox->own_sockets)
			code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, own[i].call, 0);
	}
	return code;
}

static int add_opening(scmp_filter_ctx filter, uint32_t action, int call, unsigned flags_at,
		       uint64_t mask, uint64_t flags)
{
	return seccomp_rule_add(filter, action, call, 1,
				SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, mask, flags));
}

/* Opening a file for writing ends the process. Opening one for reading fails if the
 * process does not need to. */
static int add_open(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
	static const uint64_t writing[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC };
	static const struct {
		int call;
		unsigned flags_at;
	} opens[] = { { SCMP_SYS(openat), 2 }, { SCMP_SYS(open), 1 } };
	const uint64_t mask = O_ACCMODE | O_CREAT | O_TRUNC;
	int code = 0;

	for (size_t i = 0; i < COUNT(opens) && code == 0; i++) {
		if (sandbox->opens_to_write)
			code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, opens[i].call, 0);
		else
			code = add_opening(filter,
					   sandbox->opens_to_read || SANITIZED
						   ? SCMP_ACT_ALLOW
						   : SCMP_ACT_ERRNO(EACCES),
					   opens[i].call, opens[i].flags_at, mask, 0);
		for (size_t j = 0; j < COUNT(writing) && code == 0 && !sandbox->opens_to_write; j++)
			code = add_opening(filter, SCMP_ACT_KILL_PROCESS, opens[i].call,
					   opens[i].flags_at, writing[j], writing[j]);
	}
	if (code == 0 && sandbox->opens_to_read)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat2), 0);
	return code;
}

/* Both lists of the sandbox in one. */
static void join_calls(const struct sandbox *sandbox, int out[CALLS_MAX])
{
	const int *lists[] = { sandbox->calls, sandbox->store_calls };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(lists); i++)
		for (const int *call = lists[i]; call && *call != SANDBOX_END; call++) {
			assert(count + 1 < CALLS_MAX);
			out[count++] = *call;
		}
	out[count] = SANDBOX_END;
}

static int fill(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
	static const int none[] = { SANDBOX_END };
	int code = add_all(filter, SCMP_ACT_ALLOW, common, none);
	int calls[CALLS_MAX];

	join_calls(sandbox, calls);
	if (code == 0)
		code = add_all(filter, SCMP_ACT_ALLOW, calls, none);
	if (code == 0)
		code = add_all(filter, SCMP_ACT_KILL_PROCESS, suspicious, calls);
	if (code == 0)
		code = add_all(filter, SCMP_ACT_KILL_PROCESS, never, none);
	if (code == 0)
		code = add_all(filter, SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS,
			       sanitizers, calls);
	if (code == 0)
		code = add_memory(filter);
	if (code == 0)
		code = add_self(filter);
	if (code == 0)
		code = add_sockets(filter, sandbox);
	return code ? code : add_open(filter, sandbox);
}

/* Loads the filter and frees it. The binary tree makes the cost of a call independent
 * of its position in the lists. */
static enum rc load(scmp_filter_ctx filter, int code, struct error *err)
{
	if (code == 0)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (code == 0)
		code = seccomp_load(filter);
	seccomp_release(filter);
	if (code == -EINVAL || code == -ENOSYS)
		return error_set(err, RC_NOT_FOUND, "this kernel has no seccomp filters");
	return code ? error_set(err, RC_IO, "no seccomp filter: %s", strerror(-code)) : RC_OK;
}

/* ---- Entering ---- */

void sandbox_keep_secrets(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	/* The limit does not apply if core_pattern pipes cores to a program. */
	if (!SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0);
}

static enum rc give_up_privileges(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, RC_IO, "no_new_privs: %s", strerror(errno));
	return RC_OK;
}

static enum rc restrict_files(const struct sandbox *sandbox, struct error *err)
{
	static const struct landlock_beneath proc = { "/proc", false };
	struct landlock_beneath beneath[8];
	size_t count = sandbox->beneath_count;

	if (!SANITIZED)
		return landlock_enter(sandbox->beneath, count, err);
	assert(count < COUNT(beneath));
	memcpy(beneath, sandbox->beneath, count * sizeof(*beneath));
	beneath[count++] = proc;
	return landlock_enter(beneath, count, err);
}

enum rc sandbox_enter(const struct sandbox *sandbox, struct error *err)
{
	scmp_filter_ctx filter;
	enum rc rc, files;

	assert(sandbox->calls != NULL);
	sandbox_keep_secrets();
	rc = give_up_privileges(err);
	if (rc != RC_OK)
		return rc;
	files = restrict_files(sandbox, err);
	if (files != RC_OK && files != RC_NOT_FOUND)
		return files;
	filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (filter == NULL)
		return error_set(err, RC_IO, "no seccomp filter: out of memory");
	rc = load(filter, fill(filter, sandbox), err);
	return rc == RC_OK ? files : rc;
}

enum rc sandbox_enter_loosely(struct error *err)
{
	static const int none[] = { SANDBOX_END };
	scmp_filter_ctx filter;
	enum rc rc = give_up_privileges(err);

	sandbox_keep_secrets();
	if (rc != RC_OK)
		return rc;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return error_set(err, RC_IO, "no seccomp filter: out of memory");
	return load(filter, add_all(filter, SCMP_ACT_KILL_PROCESS, never, none), err);
}
