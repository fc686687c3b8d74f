/* Preloaded into livefix by tests/crash: counts what control, and each Git that it starts, does to
 * the world outside its memory, and at the N-th such call kills it or lets the call fail. Or it counts the
 * events that control writes into its ledger, and before or after the N-th kills whom the test names.
 *
 * A process that is killed leaves nothing behind but the effects of its system calls. So dying just
 * before each of these calls covers every state that a death anywhere can leave. Which calls those
 * are is the list at the end; what is read, waited for, or only changes the process itself is none.
 *
 * The test and all processes share the page `struct plan`, a file named in LIVEFIX_FAULTS.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* tests/crash/faults.py has the same numbers. */
enum mode { OFF, COUNT, KILL_CONTROL, KILL_LIVEFIX, KILL_GIT, FAIL_SYNC, KILL_CHILD };

struct plan {
  atomic_int mode;
  atomic_int at;    /* the call that is hit, from 1 */
  atomic_int count; /* how many there were */
  atomic_int hits;
  atomic_int control;
  atomic_int keeper;
  atomic_int steps;   /* what is counted: events of the ledger, before and after each; 0: calls */
  atomic_int child;   /* of the keeper, for KILL_CHILD; 0: those that work below `where` */
  atomic_int killed;  /* how many of these there were */
  char where[96];
  char names[4000][96]; /* of each call, for the report */
};

static struct plan* plan;
static char role; /* 'c'ontrol, 'g'it; 0: not looked at */

#define REAL(name) ((__typeof__(&name))real(#name))
static void* real(const char* name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  char line[4096];
  const char* path = getenv("LIVEFIX_FAULTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (plan == MAP_FAILED) plan = NULL;
  int self = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t size = self < 0 ? -1 : read(self, line, sizeof line - 1);
  close(self);
  if (!plan || size <= 0) return;
  line[size] = 0;
  const char* second = line + strlen(line) + 1;
  const char* name = strrchr(line, '/');
  name = name ? name + 1 : line;
  if (strcmp(name, "livefix") == 0 && second < line + size && strcmp(second, "@control") == 0) {
    role = 'c';
    plan->control = getpid();
    plan->keeper = getppid();
  } else if (strncmp(name, "git", 3) == 0) {
    role = 'g';
  }
}

static void die(void) {
  int mode = plan->mode;
  plan->mode = OFF;
  if (mode == KILL_GIT) raise(SIGKILL);
  if (mode == KILL_LIVEFIX) kill(plan->keeper, SIGKILL);
  kill(plan->control, SIGKILL);
  if (mode == KILL_LIVEFIX || role == 'c') raise(SIGKILL); /* also between fork and exec */
  for (;;) pause(); /* a Git ends as the death of its control lets it */
}

static int is_child_of_keeper(int pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = file < 0 ? -1 : read(file, line, sizeof line - 1);
  if (file >= 0) close(file);
  if (size <= 0) return 0;
  line[size] = 0;
  const char* end = strrchr(line, ')');
  char state;
  int parent = 0;
  return end && sscanf(end + 1, " %c %d", &state, &parent) == 2 && parent == plan->keeper;
}

static int works_there(int pid) {
  char path[64], directory[512];
  snprintf(path, sizeof path, "/proc/%d/cwd", pid);
  ssize_t length = readlink(path, directory, sizeof directory - 1);
  directory[length < 0 ? 0 : length] = 0;
  return strstr(directory, plan->where) != NULL;
}

static void kill_child(void) {
  if (plan->child) {
    if (kill(plan->child, SIGKILL) == 0) plan->killed++;
    return;
  }
  DIR* all = opendir("/proc");
  for (struct dirent* one; all && (one = readdir(all));) {
    int pid = isdigit((unsigned char)one->d_name[0]) ? atoi(one->d_name) : 0;
    if (pid > 0 && is_child_of_keeper(pid) && works_there(pid) && kill(pid, SIGKILL) == 0) plan->killed++;
  }
  if (all) closedir(all);
}

/* Whether this call is to fail. */
static int effect(int is_sync, const char* call, const char* what) {
  if (!plan || !role || plan->mode == OFF || plan->steps) return 0;
  if (plan->mode == FAIL_SYNC && !is_sync) return 0;
  if (plan->mode == KILL_GIT && role != 'g') return 0;
  int saved = errno;
  int number = atomic_fetch_add(&plan->count, 1) + 1;
  if (number <= 4000) {
    size_t length = what ? strlen(what) : 0;
    const char* end = what && length > 60 ? what + length - 60 : what;
    snprintf(plan->names[number - 1], sizeof plan->names[0], "%s %s %s",
             role == 'c' ? "control" : "git", call, end ? end : "");
  }
  int hit = plan->mode != COUNT && number == plan->at;
  if (hit) atomic_fetch_add(&plan->hits, 1);
  if (hit && plan->mode != FAIL_SYNC) die();
  errno = saved;
  return hit;
}

static const char* name_of(int fd, char* into, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, into, size - 1);
  into[length < 0 ? 0 : length] = 0;
  return into;
}

static void effect_on(int fd, const char* call) {
  char name[512];
  struct stat status;
  if (!plan || !role || plan->mode == OFF || plan->mode == FAIL_SYNC) return;
  if (fstat(fd, &status) < 0) return;
  name_of(fd, name, sizeof name);
  /* Memory files and pipes die with the process; sockets do not. */
  if (S_ISSOCK(status.st_mode) || (S_ISREG(status.st_mode) && name[0] == '/' && !strstr(name, "memfd:")))
    effect(0, call, name);
}

#define SYNC(call)                                        \
  int call(int fd) {                                      \
    char name[512];                                       \
    if (effect(1, #call, name_of(fd, name, sizeof name))) { \
      errno = EIO;                                        \
      return -1;                                          \
    }                                                     \
    return REAL(call)(fd);                                \
  }
SYNC(fsync)
SYNC(fdatasync)
SYNC(syncfs)

#define EFFECT(what, result, call, parameters, arguments) \
  result call parameters {                                \
    effect(0, #call, what);                               \
    return REAL(call) arguments;                          \
  }
EFFECT(to, int, rename, (const char* from, const char* to), (from, to))
EFFECT(to, int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
EFFECT(to, int, renameat2, (int a, const char* from, int b, const char* to, unsigned flags),
       (a, from, b, to, flags))
EFFECT(to, int, link, (const char* from, const char* to), (from, to))
EFFECT(to, int, linkat, (int a, const char* from, int b, const char* to, int flags),
       (a, from, b, to, flags))
EFFECT(to, int, symlink, (const char* from, const char* to), (from, to))
EFFECT(to, int, symlinkat, (const char* from, int b, const char* to), (from, b, to))
EFFECT(path, int, unlink, (const char* path), (path))
EFFECT(path, int, unlinkat, (int a, const char* path, int flags), (a, path, flags))
EFFECT(path, int, rmdir, (const char* path), (path))
EFFECT(path, int, mkdir, (const char* path, mode_t mode), (path, mode))
EFFECT(path, int, mkdirat, (int a, const char* path, mode_t mode), (a, path, mode))
EFFECT(path, char*, mkdtemp, (char* path), (path))
EFFECT(path, int, chmod, (const char* path, mode_t mode), (path, mode))
EFFECT(path, int, utimensat, (int a, const char* path, const struct timespec times[2], int flags),
       (a, path, times, flags))
EFFECT("", pid_t, fork, (void), ())

#define EFFECT_ON(result, call, parameters, arguments) \
  result call parameters {                             \
    effect_on(fd, #call);                              \
    return REAL(call) arguments;                       \
  }
EFFECT_ON(int, ftruncate, (int fd, off_t size), (fd, size))
EFFECT_ON(int, ftruncate64, (int fd, off_t size), (fd, size))
EFFECT_ON(ssize_t, write, (int fd, const void* from, size_t size), (fd, from, size))
EFFECT_ON(ssize_t, pwrite, (int fd, const void* from, size_t size, off_t at), (fd, from, size, at))
EFFECT_ON(ssize_t, pwrite64, (int fd, const void* from, size_t size, off_t at), (fd, from, size, at))
EFFECT_ON(ssize_t, sendmsg, (int fd, const struct msghdr* message, int flags), (fd, message, flags))

#define OPEN(call, ...)                                            \
  int mode = 0;                                                    \
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {                             \
    va_list more;                                                  \
    va_start(more, flags);                                         \
    mode = va_arg(more, int);                                      \
    va_end(more);                                                  \
  }                                                                \
  if (flags & (O_CREAT | O_TRUNC)) effect(0, #call, path);         \
  return REAL(call)(__VA_ARGS__, flags, mode);
int open(const char* path, int flags, ...) { OPEN(open, path) }
int open64(const char* path, int flags, ...) { OPEN(open64, path) }
int openat(int a, const char* path, int flags, ...) { OPEN(openat, a, path) }
int openat64(int a, const char* path, int flags, ...) { OPEN(openat64, a, path) }

/* --- events of the ledger ---------------------------------------------------------------------------- */

static void step(const char* when, const char* event) {
  if (plan->mode == OFF) return;
  int number = atomic_fetch_add(&plan->count, 1) + 1;
  if (number <= 4000) snprintf(plan->names[number - 1], sizeof plan->names[0], "%s %s", when, event);
  if (plan->mode == COUNT || number != plan->at) return;
  atomic_fetch_add(&plan->hits, 1);
  if (plan->mode != KILL_CHILD) die();
  plan->mode = OFF;
  kill_child();
}

/* "phase shifting", "promoted" of `INSERT INTO event (...) VALUES (7, 1764150000000, 'phase', 'anna',
 * '{"rollout":3,"phase":"shifting","line":""}', ...`. */
static void name_event(const char* sql, char* name, size_t size) {
  const char* kind = strchr(sql, '\'');
  const char* end = kind ? strchr(kind + 1, '\'') : NULL;
  if (!end) return;
  const char* phase = strncmp(kind, "'phase'", 7) == 0 ? strstr(end, "\"phase\":\"") : NULL;
  phase = phase ? phase + strlen("\"phase\":\"") : "";
  int length = (int)strcspn(phase, "\"");
  snprintf(name, size, "%.*s%s%.*s", (int)(end - kind - 1), kind + 1, *phase ? " " : "", length ? length : 4,
           length || !*phase ? phase : "line");
}

struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt* statement);
char* sqlite3_expanded_sql(struct sqlite3_stmt* statement);
void sqlite3_free(void* memory);

/* Each event is a transaction of its own (src/ledger/event_table.cc). */
int sqlite3_step(struct sqlite3_stmt* statement) {
  char name[80] = "";
  if (plan && role == 'c' && plan->mode != OFF && plan->steps) {
    char* sql = REAL(sqlite3_expanded_sql)(statement);
    if (sql && strncmp(sql, "INSERT INTO event ", 18) == 0) name_event(sql, name, sizeof name);
    REAL(sqlite3_free)(sql);
  }
  if (name[0]) step("before", name);
  int result = REAL(sqlite3_step)(statement);
  if (name[0]) step("after", name);
  return result;
}

/* Git gets an environment of its own from livefix: this comes back into it. */
int execvp(const char* program, char* const arguments[]) {
  const char* name = strrchr(program, '/');
  if (plan && role == 'c' && strncmp(name ? name + 1 : program, "git", 3) == 0) {
    Dl_info here;
    if (dladdr((void*)&effect, &here)) {
      /* setenv would copy into memory that the parent's other threads may have locked. */
      static char preload[1024], faults[1024];
      static char* environment[256];
      int n = 0;
      for (char** one = environ; *one && n < 250; ++one) environment[n++] = *one;
      snprintf(preload, sizeof preload, "LD_PRELOAD=%s", here.dli_fname);
      snprintf(faults, sizeof faults, "LIVEFIX_FAULTS=%s.plan", here.dli_fname);
      environment[n++] = preload;
      environment[n++] = faults;
      environment[n] = NULL;
      environ = environment;
    }
  }
  return REAL(execvp)(program, arguments);
}
