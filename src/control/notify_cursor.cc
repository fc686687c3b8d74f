#include "control/notify_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>

#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::control {
namespace {

constexpr std::size_t kMostCursor = 64 * 1024;
constexpr mode_t kCursorMode = 0600;

}  // namespace

Status NotifyCursor::read() {
  reached_.clear();
  const auto text = os::read_small_file(path_, kMostCursor);
  if (!text && text.error().os_error == ENOENT) return {};
  if (!text) return fail("{}: {}", path_, text.error().message);
  std::map<std::string, std::uint64_t> reached;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto space = std::min(line.find(' '), line.size());
    std::uint64_t sequence = 0;
    const char* digits = line.data() + std::min(space + 1, line.size());
    const auto [stop, error] = std::from_chars(digits, line.data() + line.size(), sequence);
    if (space == 0 || error != std::errc{} || stop != line.data() + line.size()) {
      return fail("{} is not as livefix writes it; it is written anew", path_);
    }
    reached.emplace(line.substr(0, space), sequence);
  }
  reached_ = std::move(reached);
  return {};
}

std::optional<std::uint64_t> NotifyCursor::of(const std::string& receiver) const {
  const auto found = reached_.find(receiver);
  if (found == reached_.end()) return std::nullopt;
  return found->second;
}

Status NotifyCursor::begin(const std::vector<std::string>& receivers, std::uint64_t end) {
  std::map<std::string, std::uint64_t> reached;
  for (const std::string& receiver : receivers) {
    reached.emplace(receiver, std::min(of(receiver).value_or(end), end));
  }
  if (reached == reached_) return {};
  reached_ = std::move(reached);
  return write();
}

Status NotifyCursor::move(const std::string& receiver, std::uint64_t sequence) {
  std::uint64_t& reached = reached_[receiver];
  reached = std::max(reached, sequence);
  return write();
}

Status NotifyCursor::write() const {
  std::string text;
  for (const auto& [receiver, sequence] : reached_) {
    fmt::format_to(std::back_inserter(text), "{} {}\n", receiver, sequence);
  }
  const auto written = os::replace_file(path_, text, kCursorMode);
  if (!written) return fail("{}: {}", path_, written.error().message);
  return {};
}

}  // namespace livefix::control
