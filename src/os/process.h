// What /proc tells about other processes. Everything here can be out of date when it returns;
// callers that act on an answer must be able to live with that or check again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"

namespace livefix::os {

// The process (thread group) of a thread.
std::optional<pid_t> process_of_thread(pid_t thread);

// Reads from another process's memory; false when it is not allowed or not there.
bool read_memory(pid_t pid, std::uint64_t address, std::span<char> into);

// Of a descriptor in another process; nullopt when it is no socket or cannot be seen.
std::optional<ino_t> socket_inode(pid_t pid, int fd);
// "TCP", "TCPv6", "MPTCPv6", "UDP" ...; empty when it cannot be seen.
std::string socket_protocol(pid_t pid, int fd);

struct DescriptorFlags {
  bool non_blocking = false;
  bool close_on_exec = false;
};
DescriptorFlags descriptor_flags(pid_t pid, int fd);

// All descendants of `ancestor` whose session is one of `sessions`. A keeper that is a subreaper
// is the ancestor of everything that its children started, daemons included.
std::vector<pid_t> descendants_in_sessions(pid_t ancestor, const std::set<pid_t>& sessions);

// Inodes of all sockets that a process has open.
std::vector<ino_t> open_sockets(pid_t pid);

// A process that has one of these sockets open, of those that may be looked at.
std::optional<pid_t> process_with_socket(std::span<const ino_t> sockets);

// "node" of pid 4711; empty when it is gone.
std::string process_name(pid_t pid);

// Since its start; zero when it is gone.
Milliseconds process_age(pid_t pid);

// That it has used, with that of children that it has waited for; zero when it is gone.
Milliseconds cpu_time(pid_t pid);

// Names a process for good, also when its number is another's later: "4711.88123". Empty when it
// is gone.
std::string process_stamp(pid_t pid);

// Another one with each start of the machine, within which stamps are told apart. Empty when it
// cannot be read.
std::string boot_id();

// Those that were started with "NAME=value" in their environment, of those that may be looked at.
std::vector<pid_t> processes_started_with(const std::string& variable);

}  // namespace livefix::os
