#include "control/run_reporter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>
#include <filesystem>

#include "control/json_event.h"
#include "control/phrases.h"
#include "control/push_door.h"

namespace livefix::control {
namespace {

std::string watching(const RunSpec& run, const WatchSpec& watch, std::size_t files,
                     const std::string& where) {
  if (run.commits) return fmt::format("runs what is pushed to {}", run.commits->branch);
  if (!watch.enabled) return "not watching";
  return fmt::format("watching {} in {}", count_text(files, "file"), where);
}

// As seen from where livefix was started.
std::string shown_directory(const std::string& directory) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  const std::string relative =
      error ? std::string() : std::filesystem::path(directory).lexically_relative(here).string();
  return relative.empty() || relative.starts_with("..") ? directory : relative;
}

// Where pushes come by HTTP and the page is, behind whatever else a line says.
std::string pushes_at(const RunSpec& run) {
  const std::string url = push_url(run);
  return url.empty() ? url : fmt::format(" · pushes at {} · page at {}", url, page_url(run));
}

// "shop.example.com/api"; empty: everything.
std::string requests_of(const TrafficMatch& match) {
  if (match.hosts.empty()) return fmt::format("{}", fmt::join(match.paths, ", "));
  if (match.paths.empty()) return fmt::format("{}", fmt::join(match.hosts, ", "));
  std::vector<std::string> each;
  for (const std::string& host : match.hosts) {
    for (const std::string& path : match.paths) each.push_back(host + path);
  }
  return fmt::format("{}", fmt::join(each, ", "));
}

std::vector<std::string> own_urls(const ProxySpec& proxy) {
  std::vector<std::string> urls;
  for (const ListenSpec& listen : proxy.listen)
    urls.push_back(url_of(listen.address, listen.tls ? "https" : "http"));
  return urls;
}

}  // namespace

void RunReporter::open(const Opening& opening) const {
  if (announcer_.json()) return open_events(opening);
  run_.services.size() > 1 ? open_lines(opening) : open_line(opening);
  if (opening.takeover != link::Takeover::seccomp) {
    announcer_.say(Mark::plain,
                   fmt::format("ports are handed out through PORT and LISTEN_FDS, because they "
                               "cannot be taken over here: {}",
                               opening.takeover_reason));
  }
}

void RunReporter::open_events(const Opening& opening) const {
  const bool taken_over = opening.takeover == link::Takeover::seccomp;
  for (std::size_t i = 0; i < run_.services.size(); ++i) {
    Announcer(run_, i, console_)
        .event("started", {{"title", valid_utf8(run_.services[i].title)},
                           {"version", LIVEFIX_VERSION},
                           {"watched_files", opening.watched_files.at(i)},
                           {"takeover", taken_over ? "seccomp" : "environment"},
                           {"takeover_reason", valid_utf8(opening.takeover_reason)}});
  }
}

void RunReporter::open_line(const Opening& opening) const {
  const ServiceSpec& service = run_.services.front();
  announcer_.say(
      Mark::plain,
      fmt::format("livefix {} · {} · {} · {}{}", LIVEFIX_VERSION, service.name, service.title,
                  watching(run_, service.watch, opening.watched_files.at(0), "."),
                  pushes_at(run_)));
}

void RunReporter::open_lines(const Opening& opening) const {
  std::string first = fmt::format("livefix {} · {} · {}", LIVEFIX_VERSION, run_.name,
                                  count_text(run_.services.size(), "service"));
  const auto urls = own_urls(run_.proxy);
  if (!urls.empty()) first += fmt::format(" at {}", fmt::join(urls, ", "));
  announcer_.say(Mark::plain, first + pushes_at(run_));
  std::size_t longest = 0;
  for (const ServiceSpec& service : run_.services) longest = std::max(longest, service.name.size());
  for (std::size_t i = 0; i < run_.services.size(); ++i) {
    const ServiceSpec& service = run_.services[i];
    const std::string requests = requests_of(service.traffic.match);
    const std::string what =
        fmt::format("{}{} · {}", service.title, requests.empty() ? "" : " · for " + requests,
                    watching(run_, service.watch, opening.watched_files.at(i),
                             shown_directory(service.directory)));
    announcer_.say(Mark::plain, fmt::format("  {}{:{}}  {}", shown_name(run_, i), "",
                                            longest - service.name.size(), what));
  }
}

void RunReporter::tell(const ProxyCameBack& report) const {
  warn(fmt::format("the proxy {}; a new one serves, the connections it had are lost",
                   ended_text(report.wait_status)));
}

void RunReporter::tell(const StopBegan& report) const {
  const std::uint64_t count = traffic_.totals().in_flight;
  if (announcer_.json()) {
    return announcer_.event("stopping", {{"in_flight", count}, {"at_once", report.at_once}});
  }
  if (report.at_once) return announcer_.say(Mark::plain, "livefix: stopping at once");
  const std::string waits =
      count == 0 ? std::string()
                 : fmt::format(" · {} in flight · Ctrl-C again does not wait for {}",
                               count_text(count, "request"), count == 1 ? "it" : "them");
  announcer_.say(Mark::plain, fmt::format("livefix: stopping{}", waits));
}

void RunReporter::tell(const Stopped& report) const {
  // What the proxy still has ends with it.
  const Traffic::Totals now = traffic_.totals();
  const std::uint64_t lost = now.lost + now.held + now.requests_in_flight();
  if (announcer_.json()) {
    return announcer_.event("stopped", {{"exit_status", report.exit_status}, {"lost", lost}});
  }
  if (report.exit_status != 0) return;  // it was said why
  announcer_.say(Mark::stopped, fmt::format("stopped · {} lost", count_text(lost, "request")));
}

void RunReporter::nothing_left() const {
  constexpr std::string_view kSentence = "none of the services could be started; livefix ends";
  if (announcer_.json()) return announcer_.warn(kSentence);
  announcer_.say(Mark::failed, std::string(kSentence), {}, Stream::error);
}

void RunReporter::waits_for_push() const {
  const std::string repository = fmt::format("{}/{}.git", run_.commits->state_directory, run_.name);
  const std::string url = push_url(run_);
  if (announcer_.json()) {
    return announcer_.event("waiting", {{"repository", repository}, {"push_url", url}});
  }
  announcer_.say(Mark::plain,
                 fmt::format("nothing runs yet: git remote add live {0}, here or as SSH has it "
                             "(HOST:{0}), then git push live {1}",
                             repository, run_.commits->branch));
  if (url.empty()) return;
  announcer_.say(Mark::plain, fmt::format("over HTTP: livefix token add NAME, then git push {} {}",
                                          std::string(url).insert(url.find("//") + 2, "TOKEN@"),
                                          run_.commits->branch));
}

// As an object where it is one, so that nobody has to take JSON out of JSON.
void RunReporter::access_line(std::string_view line) const {
  if (!announcer_.json()) return console_.line(line);
  boost::system::error_code failure;
  boost::json::value parsed = boost::json::parse(line, failure);
  const bool is_object = !failure && parsed.is_object();
  announcer_.event("access", {is_object ? boost::json::object{{"request", std::move(parsed)}}
                                        : boost::json::object{{"line", valid_utf8(line)}}});
}

}  // namespace livefix::control
