#include "cli/preview_text.h"

#include <fmt/format.h>

#include <iterator>

#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

std::string shown_release(const boost::json::object& preview) {
  const std::string service = terminal_text(text_at(preview, "service"));
  const std::string release = terminal_text(text_at(preview, "release"));
  if (release.empty()) {
    return fmt::format("the next candidate of {}: while there is none, everybody's release answers",
                       service);
  }
  if (!flag_at(preview, "candidate")) return fmt::format("{} of {}", release, service);
  return fmt::format("candidate {} of {}", release, service);
}

}  // namespace

std::string preview_text(const boost::json::object& preview) {
  std::string text = fmt::format("{}\n", shown_release(preview));
  const auto out = std::back_inserter(text);
  for (const std::string& link : texts_at(preview, "links")) {
    fmt::format_to(out, "  in a browser  {}\n", terminal_text(link));
  }
  const auto urls = texts_at(preview, "urls");
  fmt::format_to(out, "  with curl     curl -H '{}' {}\n", terminal_text(text_at(preview, "field")),
                 urls.empty() ? "URL" : terminal_text(urls.front()));
  fmt::format_to(out, "  good until    {}, for whoever has it\n",
                 terminal_text(text_at(preview, "until")));
  return text;
}

}  // namespace livefix::cli
