#include "cli/patch_output.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/command_line.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

bool has_colour(const UserInterface& user) {
  return user.is_terminal && !user.no_color && !user.dumb_terminal;
}

}  // namespace

Status print_patch(const boost::json::object& object, const UserInterface& user) {
  auto patch = patch_at(object);
  if (!patch) return std::unexpected(patch.error());
  if (user.is_terminal) *patch = terminal_patch(*patch, has_colour(user));
  std::fwrite(patch->data(), 1, patch->size(), stdout);
  if (!flag_at(object, "cut")) return {};
  if (!patch->empty() && !patch->ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
  complain("this is the beginning: more than 1 MiB is not shown", 0);
  return {};
}

std::string heading(std::string_view text, const UserInterface& user) {
  return has_colour(user) ? fmt::format("\x1b[1;33m{}\x1b[0m", text) : std::string(text);
}

}  // namespace livefix::cli
