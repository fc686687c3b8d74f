#include "os/memory_room.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace livefix::os {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMega = 1U << 20;

class MemoryRoomTest : public ::testing::Test {
 protected:
  MemoryRoomTest()
      : root_(fs::path(::testing::TempDir()) / ("memory-room-" + std::to_string(getpid()))) {
    write("proc/meminfo", "MemTotal: 8192000 kB\nMemFree: 100 kB\nMemAvailable: 4096000 kB\n");
  }
  ~MemoryRoomTest() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void group(const std::string& name, const std::string& max, std::uint64_t current,
             std::uint64_t inactive) const {
    const std::string directory = "sys/fs/cgroup" + name;
    write(directory + "/memory.max", max + "\n");
    write(directory + "/memory.current", std::to_string(current) + "\n");
    write(directory + "/memory.stat",
          "anon 1\nactive_file 900\ninactive_file " + std::to_string(inactive) + "\nslab 3\n");
  }
  void version_2(const std::string& own, const std::string& part = "/") const {
    write("proc/self/cgroup", "0::" + own + "\n");
    write("proc/self/mountinfo", "31 23 0:28 / /proc rw - proc proc rw\n40 23 0:29 " + part +
                                     " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  }
  std::optional<MemoryRoom> room() const { return memory_room(root_); }

  const fs::path root_;
};

TEST_F(MemoryRoomTest, WithoutCgroupsIsWhatTheMachineHas) {
  EXPECT_EQ(room(), (MemoryRoom{8'192'000 * 1024ULL, 4'096'000 * 1024ULL}));
}

TEST_F(MemoryRoomTest, IsWhatTheOwnGroupLeavesAndFilesThatCanBeDroppedAreFree) {
  version_2("/pod");
  group("/pod", std::to_string(256 * kMega), 200 * kMega, 50 * kMega);
  EXPECT_EQ(room(), (MemoryRoom{256 * kMega, 106 * kMega}));
}

TEST_F(MemoryRoomTest, IsWhatTheNarrowestGroupAboveLeaves) {
  version_2("/pod/app/inner");
  group("/pod/app/inner", "max", 20 * kMega, 0);
  group("/pod/app", std::to_string(512 * kMega), 100 * kMega, 0);
  group("/pod", std::to_string(1024 * kMega), 1000 * kMega, 0);
  EXPECT_EQ(room(), (MemoryRoom{1024 * kMega, 24 * kMega}));
}

TEST_F(MemoryRoomTest, AGroupThatIsSlowedDownAboveALimitHasThatLimit) {
  version_2("/pod");
  group("/pod", "max", 60 * kMega, 0);
  write("sys/fs/cgroup/pod/memory.high", std::to_string(100 * kMega));
  EXPECT_EQ(room(), (MemoryRoom{100 * kMega, 40 * kMega}));
}

TEST_F(MemoryRoomTest, ACgroupNamespaceCallsTheOwnGroupTheRoot) {
  version_2("/");
  group("", std::to_string(64 * kMega), 60 * kMega, 0);
  EXPECT_EQ(room(), (MemoryRoom{64 * kMega, 4 * kMega}));
}

TEST_F(MemoryRoomTest, AMountMayBeginAtTheOwnGroup) {
  version_2("/docker/abc", "/docker/abc");
  group("", std::to_string(64 * kMega), 60 * kMega, 0);
  EXPECT_EQ(room(), (MemoryRoom{64 * kMega, 4 * kMega}));
}

TEST_F(MemoryRoomTest, AGroupOfVersion1HasItsOwnFiles) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/app\n0::/\n");
  write("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  write("sys/fs/cgroup/memory/app/memory.limit_in_bytes", std::to_string(300 * kMega));
  write("sys/fs/cgroup/memory/app/memory.usage_in_bytes", std::to_string(280 * kMega));
  write("sys/fs/cgroup/memory/app/memory.stat",
        "inactive_file 1\ntotal_inactive_file " + std::to_string(80 * kMega) + "\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", std::to_string(280 * kMega));
  EXPECT_EQ(room(), (MemoryRoom{300 * kMega, 100 * kMega}));
}

TEST_F(MemoryRoomTest, AGroupThatIsOverItsLimitLeavesNothing) {
  version_2("/pod");
  group("/pod", std::to_string(50 * kMega), 60 * kMega, 0);
  EXPECT_EQ(room(), (MemoryRoom{50 * kMega, 0}));
}

TEST_F(MemoryRoomTest, WhereNothingCanBeReadItIsUnknown) {
  EXPECT_EQ(memory_room(root_ / "nowhere"), std::nullopt);
}

TEST_F(MemoryRoomTest, AProcessHasItsPartOfWhatItShares) {
  write("proc/7/smaps_rollup", "1-2 ---p [rollup]\nRss: 900 kB\nPss:   400 kB\nPss_Anon: 3 kB\n");
  write("proc/7/status", "Name: x\nVmRSS:\t900 kB\n");
  EXPECT_EQ(memory_of(7, root_), 400 * 1024U);
  EXPECT_EQ(resident_memory_of(7, root_), 900 * 1024U);
}

TEST_F(MemoryRoomTest, OfAProcessThatHidesItsPagesAllCount) {
  write("proc/8/status", "Name: x\nVmRSS:\t  900 kB\n");
  EXPECT_EQ(memory_of(8, root_), 900 * 1024U);
  EXPECT_EQ(memory_of(9, root_), 0U);
}

TEST(MemoryRoom, IsKnownHere) {
  const auto here = memory_room();
  ASSERT_TRUE(here);
  EXPECT_GT(here->limit, 0U);
  EXPECT_LE(here->available, here->limit);
  EXPECT_GT(memory_of(getpid()), 0U);
}

}  // namespace
}  // namespace livefix::os
