#include "os/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <string_view>

#include "os/fd.h"

namespace livefix::os {
namespace {

// A file of /proc, whole: most are small, an environment may be large.
std::string read_proc(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> part{};
  while (fd) {
    const ssize_t size = read(fd.get(), part.data(), part.size());
    if (size <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

template <class Number>
std::optional<Number> parse(std::string_view text, int base = 10) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// The value behind "Name:" in a file of lines.
std::optional<std::string_view> value_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + name.size());
}

std::optional<ino_t> inode_of_link(const std::string& path) {
  std::array<char, 64> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  constexpr std::string_view prefix = "socket:[";
  std::string_view text(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!text.starts_with(prefix)) return std::nullopt;
  return parse<ino_t>(text.substr(prefix.size()));
}

// Calls `visit` with each numeric entry of a directory.
template <class Visit>
void each_number(const std::string& directory, Visit visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (!entries) return;
  while (const dirent* entry = readdir(entries.get())) {
    if (const auto value = parse<int>(entry->d_name)) visit(*value);
  }
}

struct Kinship {
  pid_t parent = 0;
  pid_t session = 0;
};

// Of /proc/PID/stat, "pid (name) state parent group session ...", what stands behind the name,
// which may hold anything. Empty when the process is gone.
std::string stat_behind_name(pid_t pid) {
  const std::string text = read_proc(fmt::format("/proc/{}/stat", pid));
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos ? std::string() : text.substr(name_end + 1);
}

std::optional<Kinship> kinship(pid_t pid) {
  Kinship result;
  char state = 0;
  pid_t group = 0;
  if (std::sscanf(stat_behind_name(pid).c_str(), " %c %d %d %d", &state, &result.parent, &group,
                  &result.session) != 4) {
    return std::nullopt;
  }
  if (state == 'Z') return std::nullopt;
  return result;
}

// In clock ticks since the machine was booted.
std::optional<unsigned long long> start_of(pid_t pid) {
  unsigned long long ticks = 0;  // field 22 of proc_pid_stat(5); the name is the second
  if (std::sscanf(stat_behind_name(pid).c_str(),
                  " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                  "%llu",
                  &ticks) != 1) {
    return std::nullopt;
  }
  return ticks;
}

}  // namespace

std::optional<pid_t> process_of_thread(pid_t thread) {
  const std::string text = read_proc(fmt::format("/proc/{}/status", thread));
  const auto value = value_behind(text, "\nTgid:");
  return value ? parse<pid_t>(*value) : std::nullopt;
}

bool read_memory(pid_t pid, std::uint64_t address, std::span<char> into) {
  const iovec local{into.data(), into.size()};
  const iovec remote{reinterpret_cast<void*>(address), into.size()};
  return process_vm_readv(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(into.size());
}

std::optional<ino_t> socket_inode(pid_t pid, int fd) {
  return inode_of_link(fmt::format("/proc/{}/fd/{}", pid, fd));
}

std::string socket_protocol(pid_t pid, int fd) {
  std::array<char, 64> name{};
  const ssize_t size = getxattr(fmt::format("/proc/{}/fd/{}", pid, fd).c_str(),
                                "system.sockprotoname", name.data(), name.size() - 1);
  return size > 0 ? std::string(name.data()) : std::string();
}

DescriptorFlags descriptor_flags(pid_t pid, int fd) {
  const std::string text = read_proc(fmt::format("/proc/{}/fdinfo/{}", pid, fd));
  const auto value = value_behind(text, "flags:");
  const auto flags = value ? parse<unsigned>(*value, 8).value_or(0) : 0;
  return {(flags & O_NONBLOCK) != 0, (flags & O_CLOEXEC) != 0};
}

std::vector<pid_t> descendants_in_sessions(pid_t ancestor, const std::set<pid_t>& sessions) {
  std::map<pid_t, Kinship> all;
  each_number("/proc", [&](pid_t pid) {
    if (const auto kin = kinship(pid)) all.emplace(pid, *kin);
  });
  const auto descends = [&](pid_t pid) {
    for (std::size_t steps = 0; steps <= all.size(); ++steps) {  // a cycle can only be a race
      const auto found = all.find(pid);
      if (found == all.end()) return false;
      if (found->second.parent == ancestor) return true;
      pid = found->second.parent;
    }
    return false;
  };
  std::vector<pid_t> result;
  for (const auto& [pid, kin] : all) {
    if (sessions.contains(kin.session) && descends(pid)) result.push_back(pid);
  }
  return result;
}

std::vector<ino_t> open_sockets(pid_t pid) {
  std::vector<ino_t> result;
  const std::string directory = fmt::format("/proc/{}/fd", pid);
  each_number(directory, [&](int fd) {
    if (const auto inode = inode_of_link(fmt::format("{}/{}", directory, fd))) {
      result.push_back(*inode);
    }
  });
  return result;
}

std::optional<pid_t> process_with_socket(std::span<const ino_t> sockets) {
  std::optional<pid_t> found;
  each_number("/proc", [&](pid_t pid) {
    if (found) return;
    const auto open = open_sockets(pid);
    if (std::ranges::find_first_of(open, sockets) != open.end()) found = pid;
  });
  return found;
}

std::string process_name(pid_t pid) {
  std::string name = read_proc(fmt::format("/proc/{}/comm", pid));
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

Milliseconds process_age(pid_t pid) {
  const auto start_ticks = start_of(pid);
  double up = 0;
  if (!start_ticks || std::sscanf(read_proc("/proc/uptime").c_str(), "%lf", &up) != 1) {
    return Milliseconds{0};
  }
  const double start =
      static_cast<double>(*start_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return Milliseconds{static_cast<std::int64_t>(std::max(0.0, (up - start) * 1000))};
}

Milliseconds cpu_time(pid_t pid) {
  std::array<unsigned long long, 4> ticks{};  // fields 14 to 17 of proc_pid_stat(5)
  if (std::sscanf(stat_behind_name(pid).c_str(),
                  " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu %llu %llu", &ticks[0],
                  &ticks[1], &ticks[2], &ticks[3]) != 4) {
    return Milliseconds{0};
  }
  const auto sum = static_cast<double>(ticks[0] + ticks[1] + ticks[2] + ticks[3]);
  return Milliseconds{
      static_cast<std::int64_t>(sum * 1000 / static_cast<double>(sysconf(_SC_CLK_TCK)))};
}

std::string process_stamp(pid_t pid) {
  const auto start = start_of(pid);
  return start ? fmt::format("{}.{}", pid, *start) : std::string();
}

std::string boot_id() {
  std::string id = read_proc("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::vector<pid_t> processes_started_with(const std::string& variable) {
  std::vector<pid_t> result;
  const std::string wanted = '\0' + variable + '\0';
  each_number("/proc", [&](pid_t pid) {
    const std::string environment = '\0' + read_proc(fmt::format("/proc/{}/environ", pid));
    if (environment.find(wanted) != std::string::npos) result.push_back(pid);
  });
  return result;
}

}  // namespace livefix::os
