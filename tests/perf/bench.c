// SPDX-License-Identifier: GPL-2.0-only
/* Micro-benchmarks for the Xen PV / native baseline.  Static, one binary.
 * usage: bench [-r rounds] [-s scale_percent] [name ...]
 * line:  XB <name> iters=<n> rounds=<r> min_ns=<x> med_ns=<x> min_tsc=<x> med_tsc=<x>
 * All times are per operation. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;
	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return ((uint64_t)hi << 32) | lo;
}
static inline uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static void die(const char *s) { printf("XBERR %s: %s\n", s, strerror(errno)); fflush(stdout); _exit(1); }

static int rounds = 11, scale = 100;
static uint64_t t_ns, t_tsc;           /* set by START/STOP */
#define START() do { t_ns = now(); t_tsc = rdtsc(); } while (0)
#define STOP()  do { t_tsc = rdtsc() - t_tsc; t_ns = now() - t_ns; } while (0)

/* ---- the operations: each does n operations between START and STOP ---- */
static void b_compute(long n)          /* user-mode only; ratio must be 1.0 */
{
	volatile uint64_t s = 0; uint64_t x = 88172645463325252ull;
	START();
	for (long i = 0; i < n; i++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; s += x; }
	STOP();
}
static void b_getppid(long n)
{
	START(); for (long i = 0; i < n; i++) syscall(SYS_getppid); STOP();
}
static void b_readzero(long n)
{
	char c; int fd = open("/dev/zero", O_RDONLY); if (fd < 0) die("zero");
	START(); for (long i = 0; i < n; i++) if (read(fd, &c, 1) != 1) die("read"); STOP();
	close(fd);
}
static void b_writenull(long n)
{
	char c = 0; int fd = open("/dev/null", O_WRONLY); if (fd < 0) die("null");
	START(); for (long i = 0; i < n; i++) if (write(fd, &c, 1) != 1) die("write"); STOP();
	close(fd);
}
static void b_read64k(long n)          /* copy path: 64 KiB from /dev/zero */
{
	static char buf[65536]; int fd = open("/dev/zero", O_RDONLY); if (fd < 0) die("zero");
	memset(buf, 1, sizeof buf);
	START(); for (long i = 0; i < n; i++) if (read(fd, buf, sizeof buf) != sizeof buf) die("read"); STOP();
	close(fd);
}
static volatile long sigs;
static void h(int s) { (void)s; sigs++; }
static void b_signal(long n)
{
	struct sigaction sa = { .sa_handler = h }; sigaction(SIGUSR1, &sa, 0);
	pid_t p = getpid(); sigs = 0;
	START(); for (long i = 0; i < n; i++) kill(p, SIGUSR1); STOP();
	if (sigs != n) die("sigs");
}
static void b_segv(long n);
#define PS 4096
static void b_pf_write(long n)         /* fresh anonymous page, write touch */
{
	char *p = mmap(0, n * PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) die("mmap");
	START(); for (long i = 0; i < n; i++) *(volatile char *)(p + i * PS) = 1; STOP();
	munmap(p, n * PS);
}
static void b_pf_read(long n)          /* zero page mapped by read touch */
{
	char *p = mmap(0, n * PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) die("mmap");
	START(); for (long i = 0; i < n; i++) (void)*(volatile char *)(p + i * PS); STOP();
	munmap(p, n * PS);
}
static void b_pf_file(long n)          /* minor fault on page-cache pages (tmpfs/memfd, shared) */
{
	static int fd = -1; if (fd < 0) { fd = memfd_create("x", 0); if (fd < 0 || ftruncate(fd, 4096 * PS)) die("memfd");
		char *q = mmap(0, 4096 * PS, PROT_WRITE, MAP_SHARED, fd, 0); if (q == MAP_FAILED) die("mmap0"); memset(q, 1, 4096 * PS); munmap(q, 4096 * PS); }
	char *p = mmap(0, n * PS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) die("mmap");
	START(); for (long i = 0; i < n; i++) *(volatile char *)(p + i * PS) = 1; STOP();
	munmap(p, n * PS);
}
static void b_mmap64(long n)
{
	START();
	for (long i = 0; i < n; i++) {
		char *p = mmap(0, 64 * PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) die("mmap");
		for (int k = 0; k < 64; k++) *(volatile char *)(p + k * PS) = 1;
		munmap(p, 64 * PS);
	}
	STOP();
}
static void b_munmap1(long n)          /* mmap + munmap without touch */
{
	START();
	for (long i = 0; i < n; i++) {
		char *p = mmap(0, PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) die("mmap");
		munmap(p, PS);
	}
	STOP();
}
static void b_mprotect(long n)         /* one op = RO then RW again with a write: 2 calls + 0/1 fault */
{
	char *p = mmap(0, PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) die("mmap");
	*p = 1;
	START();
	for (long i = 0; i < n; i++) {
		mprotect(p, PS, PROT_READ);
		mprotect(p, PS, PROT_READ | PROT_WRITE);
		*(volatile char *)p = 2;
	}
	STOP();
	munmap(p, PS);
}
/* protection fault handled by a signal handler (SIGSEGV + mprotect inside) */
static char *segp;
static void hs(int s, siginfo_t *i, void *u) { (void)s; (void)i; (void)u; sigs++; mprotect(segp, PS, PROT_READ | PROT_WRITE); }
static void b_segv(long n)
{
	struct sigaction sa = { .sa_sigaction = hs, .sa_flags = SA_SIGINFO }, old;
	segp = mmap(0, PS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*segp = 1; sigaction(SIGSEGV, &sa, &old); sigs = 0;
	START();
	for (long i = 0; i < n; i++) { mprotect(segp, PS, PROT_READ); *(volatile char *)segp = 3; }
	STOP();
	if (sigs != n) die("segvs");
	sigaction(SIGSEGV, &old, 0); munmap(segp, PS);
}
static void b_fork(long n)
{
	START();
	for (long i = 0; i < n; i++) {
		pid_t c = fork(); if (c < 0) die("fork"); if (!c) _exit(0);
		if (waitpid(c, 0, 0) != c) die("wait");
	}
	STOP();
}
static void xexec(long n, char *path, char *arg)
{
	char *av[] = { path, arg, 0 }, *ev[] = { 0 };
	START();
	for (long i = 0; i < n; i++) {
		int st; pid_t c = fork(); if (c < 0) die("fork");
		if (!c) { execve(path, av, ev); _exit(127); }
		if (waitpid(c, &st, 0) != c || st) die(path);
	}
	STOP();
}
static void b_exec_tiny(long n) { xexec(n, "/bench/tiny", 0); }
static void b_exec_static(long n) { xexec(n, "/bench/hello", 0); }
static void b_exec_busybox(long n) { xexec(n, "/bin/busybox", "true"); }
static void b_shell(long n)            /* macro: busybox ash starts n external commands */
{
	char cmd[160]; int st;
	snprintf(cmd, sizeof cmd, "i=0; while [ $i -lt %ld ]; do /bin/busybox echo $i | /bin/busybox cat >/dev/null; i=$((i+1)); done", n);
	START();
	pid_t c = fork(); if (c < 0) die("fork");
	if (!c) { execl("/bin/busybox", "sh", "-c", cmd, (char *)0); _exit(127); }
	if (waitpid(c, &st, 0) != c || st) die("shell");
	STOP();
}
static void b_pipe(long n)             /* round trip = 2 context switches, 2 writes, 2 reads */
{
	int a[2], b[2]; char c = 0; if (pipe(a) || pipe(b)) die("pipe");
	pid_t p = fork(); if (p < 0) die("fork");
	if (!p) { close(a[1]); close(b[0]); while (read(a[0], &c, 1) == 1) if (write(b[1], &c, 1) != 1) break; _exit(0); }
	close(a[0]); close(b[1]);
	for (int i = 0; i < 20; i++) if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1) die("pp");
	START();
	for (long i = 0; i < n; i++) if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1) die("pp");
	STOP();
	close(a[1]); waitpid(p, 0, 0); close(b[0]);
}
struct pt { int r, w; };
static void *ptf(void *v) { struct pt *p = v; char c; while (read(p->r, &c, 1) == 1) if (write(p->w, &c, 1) != 1) break; return 0; }
static void b_pipe_thr(long n)         /* the same between two threads of one process: no page-table switch */
{
	int a[2], b[2]; char c = 0; if (pipe(a) || pipe(b)) die("pipe");
	struct pt p = { a[0], b[1] }; pthread_t t; if (pthread_create(&t, 0, ptf, &p)) die("thr");
	for (int i = 0; i < 20; i++) if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1) die("pp");
	START();
	for (long i = 0; i < n; i++) if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1) die("pp");
	STOP();
	close(a[1]); pthread_join(t, 0); close(a[0]); close(b[0]); close(b[1]);
}
static void b_pipe_self(long n)        /* write+read in one process: no switch */
{
	int a[2]; char c = 0; if (pipe(a)) die("pipe");
	START();
	for (long i = 0; i < n; i++) if (write(a[1], &c, 1) != 1 || read(a[0], &c, 1) != 1) die("ps");
	STOP();
	close(a[0]); close(a[1]);
}
static void *nop(void *v) { return v; }
static void b_thread(long n)
{
	START();
	for (long i = 0; i < n; i++) { pthread_t t; if (pthread_create(&t, 0, nop, 0)) die("thr"); pthread_join(t, 0); }
	STOP();
}
static void b_gtod(long n)
{
	struct timeval tv; START(); for (long i = 0; i < n; i++) gettimeofday(&tv, 0); STOP();
}
static void b_gtod_sys(long n)
{
	struct timespec ts; START(); for (long i = 0; i < n; i++) syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts); STOP();
}
static void b_rdtsc(long n) { START(); for (long i = 0; i < n; i++) (void)rdtsc(); STOP(); }
static void b_cpuid(long n)
{
	START();
	for (long i = 0; i < n; i++) { uint32_t a = 0, b, c = 0, d; __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)); }
	STOP();
}
static void b_nanosleep(long n)        /* timer programming + idle + timer interrupt; 100 us asked */
{
	struct timespec ts = { 0, 100000 };
	START(); for (long i = 0; i < n; i++) nanosleep(&ts, 0); STOP();
}
static void b_tls(long n)              /* arch_prctl(ARCH_SET_FS): segment-base write */
{
	unsigned long fs = 0; syscall(SYS_arch_prctl, 0x1003, &fs);
	START(); for (long i = 0; i < n; i++) syscall(SYS_arch_prctl, 0x1002, fs); STOP();
}
static void b_epoll(long n)            /* eventfd write + epoll_wait + read */
{
	int e = epoll_create1(0), f = eventfd(0, 0); uint64_t v = 1; struct epoll_event ev = { .events = EPOLLIN }, o;
	if (e < 0 || f < 0 || epoll_ctl(e, EPOLL_CTL_ADD, f, &ev)) die("epoll");
	START();
	for (long i = 0; i < n; i++) { if (write(f, &v, 8) != 8 || epoll_wait(e, &o, 1, -1) != 1 || read(f, &v, 8) != 8) die("ep"); }
	STOP();
	close(e); close(f);
}
static void b_yield(long n) { START(); for (long i = 0; i < n; i++) sched_yield(); STOP(); }

/* ---- Xen only: hypercalls through the privcmd device ---- */
struct privcmd_hypercall { uint64_t op, arg[5]; };
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
static int pfd = -1;
static long hc(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct privcmd_hypercall h = { op, { a0, a1, a2 } };
	return ioctl(pfd, IOCTL_PRIVCMD_HYPERCALL, &h);
}
static void b_hc_base(long n)          /* same ioctl path, no hypercall: an unknown ioctl number */
{
	struct privcmd_hypercall h = { 17 };
	START(); for (long i = 0; i < n; i++) ioctl(pfd, _IOC(_IOC_NONE, 'P', 0x7e, sizeof h), &h); STOP();
}
static void b_hc_xen_version(long n)   /* __HYPERVISOR_xen_version, XENVER_version */
{
	START(); for (long i = 0; i < n; i++) if (hc(17, 0, 0, 0) < 0) die("xen_version"); STOP();
}
static void b_hc_enosys(long n)        /* hypercall number 62: not implemented */
{
	START(); for (long i = 0; i < n; i++) hc(62, 0, 0, 0); STOP();
}
static void b_hc_multicall0(long n)
{
	START(); for (long i = 0; i < n; i++) hc(13, 0, 0, 0); STOP();
}

static struct { const char *name; void (*f)(long); long n; int xen; } B[] = {
	{ "compute", b_compute, 300000 },
	{ "null_syscall", b_getppid, 10000 },
	{ "read_zero_1b", b_readzero, 5000 },
	{ "write_null_1b", b_writenull, 5000 },
	{ "read_zero_64k", b_read64k, 20 },
	{ "signal_kill", b_signal, 1000 },
	{ "signal_segv_mprotect", b_segv, 400 },
	{ "pf_anon_write", b_pf_write, 1024 },
	{ "pf_anon_read", b_pf_read, 1024 },
	{ "pf_memfd_shared", b_pf_file, 1024 },
	{ "mmap_touch_munmap_64p", b_mmap64, 20 },
	{ "mmap_munmap_notouch", b_munmap1, 1000 },
	{ "mprotect_pair_touch", b_mprotect, 1000 },
	{ "fork_exit_wait", b_fork, 20 },
	{ "fork_exec_tiny", b_exec_tiny, 10 },
	{ "fork_exec_static", b_exec_static, 10 },
	{ "fork_exec_busybox", b_exec_busybox, 10 },
	{ "shell_pipeline", b_shell, 10 },
	{ "pipe_pingpong_proc", b_pipe, 500 },
	{ "pipe_pingpong_thread", b_pipe_thr, 500 },
	{ "pipe_self", b_pipe_self, 2000 },
	{ "thread_create_join", b_thread, 100 },
	{ "epoll_eventfd", b_epoll, 1000 },
	{ "sched_yield", b_yield, 5000 },
	{ "arch_prctl_set_fs", b_tls, 5000 },
	{ "gettimeofday", b_gtod, 10000 },
	{ "clock_gettime_syscall", b_gtod_sys, 5000 },
	{ "rdtsc", b_rdtsc, 10000 },
	{ "cpuid", b_cpuid, 2000 },
	{ "nanosleep_100us", b_nanosleep, 30 },
	{ "xen_ioctl_nohypercall", b_hc_base, 5000, 1 },
	{ "xen_hc_xen_version", b_hc_xen_version, 5000, 1 },
	{ "xen_hc_enosys", b_hc_enosys, 5000, 1 },
	{ "xen_hc_multicall0", b_hc_multicall0, 5000, 1 },
};
static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
int main(int argc, char **argv)
{
	int o;
	while ((o = getopt(argc, argv, "r:s:")) != -1) { if (o == 'r') rounds = atoi(optarg); else if (o == 's') scale = atoi(optarg); else return 2; }
	setvbuf(stdout, 0, _IOLBF, 0);
	pfd = open("/dev/xen/privcmd", O_RDWR);
	if (pfd < 0) pfd = open("/proc/xen/privcmd", O_RDWR);
	for (unsigned k = 0; k < sizeof B / sizeof *B; k++) {
		if (optind < argc) { int hit = 0; for (int i = optind; i < argc; i++) hit |= !strcmp(argv[i], B[k].name); if (!hit) continue; }
		if (B[k].xen && pfd < 0) continue;
		long n = B[k].n * scale / 100; if (n < 1) n = 1;
		double ns[64], tc[64]; int r = rounds > 64 ? 64 : rounds;
		B[k].f(n < 50 ? 1 : n / 10);   /* warm up */
		for (int i = 0; i < r; i++) { B[k].f(n); ns[i] = (double)t_ns / n; tc[i] = (double)t_tsc / n; }
		qsort(ns, r, sizeof *ns, cmp); qsort(tc, r, sizeof *tc, cmp);
		printf("XB %s iters=%ld rounds=%d min_ns=%.1f med_ns=%.1f min_tsc=%.1f med_tsc=%.1f\n",
		       B[k].name, n, r, ns[0], ns[r / 2], tc[0], tc[r / 2]);
	}
	return 0;
}
