// How much memory there is for one more program, and how much one has. Everything here reads /proc
// and the cgroup file systems, can be out of date when it returns, and is safe on any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace livefix::os {

// Of the narrowest of: the cgroup of this process, those above it, and the machine. Bytes.
struct MemoryRoom {
  std::uint64_t limit = 0;      // what all processes there may have together
  std::uint64_t available = 0;  // what of it is free, or would be made free for a program

  bool operator==(const MemoryRoom&) const = default;
};

// cgroup v2 (memory.max and memory.high) and v1 (memory.limit_in_bytes), each with the groups above
// as far as they are mounted here; MemAvailable of proc_meminfo(5). Swap does not count: a service
// that is swapped out does not serve. nullopt: nothing is known. `root`: what the tests have in
// place of /.
std::optional<MemoryRoom> memory_room(const std::string& root = {});

// Bytes of memory that are there because of this process: its own pages, and its part of those that
// it shares (Pss of /proc/PID/smaps_rollup); where that may not be read, all of its pages. 0 when
// it is gone. The kernel walks all page tables of the process for it.
std::uint64_t memory_of(pid_t pid, const std::string& root = {});
// No less than that, and known at once.
std::uint64_t resident_memory_of(pid_t pid, const std::string& root = {});

}  // namespace livefix::os
