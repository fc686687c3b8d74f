// For tests: a directory that goes away again with a ledger in it, and entries to fill it with.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace livefix::ledger {

class Workspace {
 public:
  // In memory where there is a place for that: tests make many, and a sync there is quick. What a
  // disk would lose is the business of FaultyDisk.
  Workspace() : Workspace(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") {}
  explicit Workspace(const std::string& place) {
    std::string name = place + "/livefix-ledger-XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~Workspace() { std::filesystem::remove_all(root_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::string path(const std::string& name = "ledger.db") const { return root_ + "/" + name; }
  std::string read(const std::string& name = "ledger.db") const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
  }

 private:
  std::string root_;
};

// Different in every field for each number, and of different lengths.
inline Entry entry_of(std::uint64_t number) {
  const char* const kinds[] = {"change", "verdict", "promoted"};
  return {
      WallTime(Milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(number) * 17)),
      kinds[number % 3], number % 2 == 0 ? "token ci" : "jörg",
      fmt::format(R"({{"number":{},"text":"{}"}})", number, std::string(number * 37 % 700, 'x'))};
}

inline Ledger opened(const std::string& path) {
  auto ledger = Ledger::open(path);
  if (!ledger) {
    ADD_FAILURE() << ledger.error().message;
    std::abort();  // a test without a ledger has nothing to say
  }
  return std::move(*ledger);
}

// Entries 1 to `count`, as far as they are not there yet.
inline void fill(Ledger& ledger, std::uint64_t count) {
  for (std::uint64_t number = ledger.head().sequence + 1; number <= count; ++number) {
    const auto appended = ledger.append(entry_of(number), Durability::note);
    ASSERT_TRUE(appended) << appended.error().message;
    ASSERT_EQ(*appended, number);
  }
}

inline std::vector<Event> events_of(Ledger& ledger, std::uint64_t from = 1) {
  std::vector<Event> events;
  const auto read = ledger.for_each(from, [&](const Event& event) -> Status {
    events.push_back(event);
    return {};
  });
  EXPECT_TRUE(read) << read.error().message;
  return events;
}

template <class T>
std::string problem_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

// Runs it in a process of its own and returns how that ended, as waitpid(2) says it.
inline int in_child(const std::function<int()>& run) {
  const pid_t child = fork();
  if (child == 0) _exit(run());
  int wait_status = 0;
  while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return wait_status;
}

}  // namespace livefix::ledger
