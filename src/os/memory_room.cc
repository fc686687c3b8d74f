#include "os/memory_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <string_view>
#include <vector>

#include "os/small_file.h"

namespace livefix::os {
namespace {

constexpr std::size_t kUsual = 16U << 10;
constexpr std::size_t kLargest = 1U << 20;  // mountinfo has a line for each mount
constexpr std::uint64_t kKilo = 1024;

std::string text_of(const std::string& path, std::size_t largest = kUsual) {
  return read_small_file(path, largest).value_or(std::string());
}

std::optional<std::uint64_t> parse(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;  // "max"
  return value;
}

std::optional<std::uint64_t> number_in(const std::string& path) {
  return parse(text_of(path));
}

// The number behind `name` at the beginning of a line.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view name) {
  for (const auto line : text | std::views::split('\n')) {
    const std::string_view words(line);
    if (words.starts_with(name)) return parse(words.substr(name.size()));
  }
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (const auto part : text | std::views::split(at)) parts.emplace_back(part);
  return parts;
}

// Where a hierarchy is mounted, and which part of it.
struct Mount {
  std::string part;
  std::string place;
};

// Of a line of /proc/self/mountinfo: "31 23 0:28 PART PLACE options ... - TYPE source OPTIONS".
std::optional<Mount> parse_mount(std::string_view line, std::string_view type,
                                 std::string_view option) {
  const auto dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = split(line.substr(0, dash), ' ');
  const auto after = split(line.substr(dash + 3), ' ');
  if (before.size() < 5 || after.size() < 3 || after[0] != type) return std::nullopt;
  const auto options = split(after[2], ',');
  if (!option.empty() && std::ranges::find(options, option) == options.end()) return std::nullopt;
  return Mount{std::string(before[3]), std::string(before[4])};
}

struct Hierarchy {
  std::string_view type;
  std::string_view controller;             // empty: the one of v2
  std::array<std::string_view, 2> limits;  // an empty one is none
  std::string_view used;
  std::string_view reclaimable;  // of memory.stat
};

constexpr Hierarchy kVersion2{
    "cgroup2", "", {"memory.max", "memory.high"}, "memory.current", "inactive_file "};
constexpr Hierarchy kVersion1{
    "cgroup", "memory", {"memory.limit_in_bytes"}, "memory.usage_in_bytes", "total_inactive_file "};

// "0::/path" or "4:memory:/path" of /proc/self/cgroup.
std::optional<std::string> own_group(std::string_view groups, std::string_view controller) {
  for (const std::string_view line : split(groups, '\n')) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const auto list = line.substr(first + 1, second - first - 1);
    const auto controllers = split(list, ',');
    const bool counts = std::ranges::find(controllers, controller) != controllers.end();
    if (list != controller && !counts) continue;
    return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// What a group leaves; nullopt: it has no limit, or is none that counts memory.
std::optional<MemoryRoom> room_in(const std::string& directory, const Hierarchy& hierarchy) {
  std::optional<std::uint64_t> limit;
  for (const std::string_view name : hierarchy.limits) {
    if (name.empty()) continue;
    const auto one = number_in(fmt::format("{}/{}", directory, name));
    if (one) limit = std::min(limit.value_or(*one), *one);
  }
  const auto used = number_in(fmt::format("{}/{}", directory, hierarchy.used));
  if (!limit || !used) return std::nullopt;
  const std::uint64_t cache =
      number_behind(text_of(directory + "/memory.stat"), hierarchy.reclaimable).value_or(0);
  const std::uint64_t taken = *used - std::min(cache, *used);
  return MemoryRoom{*limit, *limit - std::min(taken, *limit)};
}

void narrow(std::optional<MemoryRoom>& room, const std::optional<MemoryRoom>& other) {
  if (other && (!room || other->available < room->available)) room = other;
}

void narrow_by_groups(std::optional<MemoryRoom>& room, const Hierarchy& hierarchy,
                      const std::string& root) {
  const auto own = own_group(text_of(root + "/proc/self/cgroup"), hierarchy.controller);
  if (!own) return;
  const std::string mounts = text_of(root + "/proc/self/mountinfo", kLargest);
  for (const std::string_view line : split(mounts, '\n')) {
    const auto mount = parse_mount(line, hierarchy.type, hierarchy.controller);
    if (!mount) continue;
    // In a container the mount may begin at its group, and the name be that of the outside.
    std::string below = *own;
    if (mount->part != "/") {
      below = below.starts_with(mount->part) ? below.substr(mount->part.size()) : "";
    }
    while (true) {
      narrow(room, room_in(fmt::format("{}{}{}", root, mount->place, below), hierarchy));
      const auto slash = below.rfind('/');
      if (slash == std::string::npos || below == "/") break;
      below.erase(slash);
    }
  }
}

std::optional<MemoryRoom> room_of_machine(const std::string& root) {
  const std::string text = text_of(root + "/proc/meminfo");
  const auto all = number_behind(text, "MemTotal:");
  const auto available = number_behind(text, "MemAvailable:");
  if (!all || !available) return std::nullopt;
  return MemoryRoom{*all * kKilo, *available * kKilo};
}

}  // namespace

std::optional<MemoryRoom> memory_room(const std::string& root) {
  std::optional<MemoryRoom> room = room_of_machine(root);
  narrow_by_groups(room, kVersion2, root);
  narrow_by_groups(room, kVersion1, root);
  return room;
}

std::uint64_t memory_of(pid_t pid, const std::string& root) {
  const auto own =
      number_behind(text_of(fmt::format("{}/proc/{}/smaps_rollup", root, pid)), "Pss:");
  return own ? *own * kKilo : resident_memory_of(pid, root);
}

std::uint64_t resident_memory_of(pid_t pid, const std::string& root) {
  return number_behind(text_of(fmt::format("{}/proc/{}/status", root, pid)), "VmRSS:").value_or(0) *
         kKilo;
}

}  // namespace livefix::os
