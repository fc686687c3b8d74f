#include "control/announcer.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "control/json_event.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

// Of names. Not red, which says that something failed.
constexpr std::array kColours{36, 33, 35, 34, 96, 93, 95, 94};

}  // namespace

Announcer::Announcer(const RunSpec& run, std::size_t service_index, Console& console)
    : run_(run),
      console_(console),
      name_(run.services.at(service_index).name),
      shown_(run.services.size() > 1 ? shown_name(run, service_index) : std::string()) {}

void Announcer::say(Mark mark, const std::string& text, const std::vector<std::string>& details,
                    Stream stream) const {
  if (run_.output.verbosity == Verbosity::quiet && mark != Mark::failed && mark != Mark::warning) {
    return;
  }
  console_.line(marked(mark, text), stream);
  for (const std::string& line : details) console_.line("    " + line, stream);
}

void Announcer::event(std::string_view name, const boost::json::object& fields) const {
  const bool of_all = shown_.empty() && is_of_several();
  if (!of_all) return console_.line(json_event(name, valid_utf8(name_), fields));
  boost::json::object with_services = fields;
  boost::json::array services;
  for (const ServiceSpec& service : run_.services) services.emplace_back(service.name);
  with_services["services"] = std::move(services);
  console_.line(json_event(name, valid_utf8(name_), with_services));
}

void Announcer::warn(std::string_view text) const {
  if (json()) return event("warning", {{"message", valid_utf8(text)}});
  say(Mark::warning, std::string(text));
}

std::string Announcer::marked(Mark mark, const std::string& text) const {
  struct Look {
    std::string_view sign;
    std::string_view colour;
  };
  const Look look = mark == Mark::ready     ? Look{"▲ ", "\x1b[32m"}
                    : mark == Mark::done    ? Look{"● ", "\x1b[32m"}
                    : mark == Mark::failed  ? Look{"✗ ", "\x1b[31m"}
                    : mark == Mark::warning ? Look{"! ", "\x1b[33m"}
                    : mark == Mark::stopped ? Look{"■ ", "\x1b[2m"}
                                            : Look{"", "\x1b[2m"};
  const std::string who = shown_.empty() ? std::string() : shown_ + " · ";
  if (!run_.output.colour) return fmt::format("{}{}{}", look.sign, who, text);
  if (look.sign.empty()) return fmt::format("{}{}{}\x1b[0m", who, look.colour, text);
  return fmt::format("{}{}\x1b[0m{}{}", look.colour, look.sign, who, text);
}

std::string shown_name(const RunSpec& run, std::size_t service_index) {
  const std::string& name = run.services.at(service_index).name;
  if (!run.output.colour) return name;
  return fmt::format("\x1b[{}m{}\x1b[0m", kColours[service_index % kColours.size()], name);
}

}  // namespace livefix::control
