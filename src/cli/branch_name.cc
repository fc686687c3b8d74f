#include "cli/branch_name.h"

#include <algorithm>

#include "cli/config_problems.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kLongestBranch = 200;  // a part of it is the name of a file

bool is_control_or_space(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f;
}

// Why one part between slashes cannot be; empty: it can.
std::string_view fault_of_part(std::string_view part) {
  if (part.empty()) return "begins or ends with a slash, or has two in a row";
  if (part.starts_with('.')) return "has a part that begins with a dot";
  if (part.ends_with(".lock")) return "has a part that ends with .lock";
  return {};
}

std::string_view fault_of(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kLongestBranch) return "is longer than 200 bytes";
  if (name.starts_with('-')) return "begins with a hyphen";
  if (name == "@" || name == "HEAD") return "has a meaning of its own in Git";
  if (name.find("..") != std::string_view::npos) return "has two dots in a row";
  if (name.find("@{") != std::string_view::npos) return "has @{";
  if (std::ranges::any_of(name, is_control_or_space)) return "has a space or a control character";
  if (name.find_first_of("~^:?*[\\") != std::string_view::npos) return "has one of ~ ^ : ? * [ \\";
  if (name.ends_with('.')) return "ends with a dot";
  for (auto rest = name;;) {
    const auto part = rest.substr(0, rest.find('/'));
    if (const auto fault = fault_of_part(part); !fault.empty()) return fault;
    if (part.size() == rest.size()) return {};
    rest.remove_prefix(part.size() + 1);
  }
}

}  // namespace

Result<std::string> parse_branch(std::string_view text) {
  constexpr std::string_view kHeads = "refs/heads/";
  if (text.starts_with(kHeads) && fault_of(text.substr(kHeads.size())).empty()) {
    return fail("{} is more than the branch's name; write \"{}\"", in_quotes(text),
                text.substr(kHeads.size()));
  }
  if (const auto fault = fault_of(text); !fault.empty()) {
    return fail("{} is no branch: it {}; write \"main\"", in_quotes(text), fault);
  }
  return std::string(text);
}

}  // namespace livefix::cli
