#include "keeper/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "model/link.h"
#include "os/orphan_end.h"
#include "os/process.h"

namespace livefix::keeper {
namespace {

namespace fs = std::filesystem;

constexpr int kCommandBacklog = 16;

// `.livefix` beside a service is nobody's source: keep it out of `git status`.
void hide_from_git(const fs::path& state_directory) {
  const fs::path ignore = state_directory / ".gitignore";
  if (!fs::exists(ignore)) std::ofstream(ignore) << "*\n";
}

bool same_file(int fd, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

// The lock holds "STAMP BOOT": who has it, "4711.88123", and since which start of the machine.
std::string read_lock(int fd) {
  char text[128] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

std::string pid_of(const std::string& lock) {
  return lock.empty() ? "unknown" : lock.substr(0, lock.find('.'));
}

// Another boot gives the same stamps to others.
std::string stamp_of_this_boot(const std::string& lock, const std::string& boot) {
  const auto space = lock.find(' ');
  if (space == std::string::npos || boot.empty() || lock.substr(space + 1) != boot) return {};
  return lock.substr(0, space);
}

}  // namespace

Result<RunDirectory> RunDirectory::acquire(const std::string& path, const std::string& service,
                                           Milliseconds grace) {
  const fs::path lock_path = fs::path(path) / "lock";
  // The lock file can be removed by a livefix that ends between our open and our flock.
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fail("cannot make the directory {}: {}", path, error.message());
    fs::permissions(path, fs::perms::owner_all, error);
    hide_from_git(fs::path(path).parent_path().parent_path());
    os::Fd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock && errno == ENOENT) continue;
    if (!lock) return fail_errno("cannot open {}", lock_path.string());
    if (flock(lock.get(), LOCK_EX | LOCK_NB) < 0) {
      return fail(
          "{} is already run by livefix (pid {}): stop that one with `livefix stop`, or "
          "give this one another name with --name",
          service, pid_of(read_lock(lock.get())));
    }
    if (!same_file(lock.get(), lock_path)) continue;
    const std::string boot = os::boot_id();
    const std::string dead = stamp_of_this_boot(read_lock(lock.get()), boot);
    if (!dead.empty()) {
      os::end_processes_started_with(fmt::format("{}={}", link::kKeeperVariable, dead), grace);
    }
    // Not before: if this one dies now, the next one has to find the same.
    const std::string text = fmt::format("{} {}", os::process_stamp(getpid()), boot);
    if (pwrite(lock.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
        ftruncate(lock.get(), static_cast<off_t>(text.size())) < 0) {
      return fail_errno("cannot write {}", lock_path.string());
    }
    return RunDirectory(path, std::move(lock));
  }
  return fail("the directory {} is made and removed all the time by somebody else", path);
}

Result<os::Fd> RunDirectory::listen_for_commands() const {
  // Through /proc, because a socket's path may have 107 bytes and a project's may have more.
  const os::Fd directory(open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno("cannot open {}", path_);
  const std::string name = fmt::format("/proc/self/fd/{}/control.sock", directory.get());
  unlink(name.c_str());
  os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      chmod(name.c_str(), 0600) < 0 || listen(socket.get(), kCommandBacklog) < 0) {
    return fail_errno("cannot listen on {}/control.sock", path_);
  }
  return socket;
}

void RunDirectory::remove() {
  std::error_code ignored;
  const fs::path run = fs::path(path_).parent_path();
  const fs::path state = run.parent_path();
  fs::remove_all(path_, ignored);
  fs::remove(run, ignored);  // these two only when they are empty
  if (std::distance(fs::directory_iterator(state, ignored), {}) == 1) {
    fs::remove(state / ".gitignore", ignored);
  }
  if (state.filename() == ".livefix") fs::remove(state, ignored);
  lock_.reset();
}

}  // namespace livefix::keeper
