// livefix push: a commit of this checkout, and files that were built from it, to a livefix
// elsewhere. For pipelines: it waits for the verdict, which is its exit status.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/artifact_upload.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/git_push.h"
#include "cli/http_client.h"
#include "cli/push_report.h"
#include "cli/ref_advertisement.h"
#include "model/push_words.h"
#include "os/capture.h"

namespace livefix::cli {
namespace {

constexpr unsigned kOk = 200;

struct Options {
  std::string url;
  std::string service;
  std::string commit = "HEAD";
  std::string ref = "main";
  std::vector<std::string> artifacts;
  std::string timeout = "30m";
  bool force = false;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix push", "[options]",
                   "Pushes a commit of this checkout to a livefix that serves, sends built files "
                   "along, and waits\nfor the verdict: for pipelines.");
  line.value("--url", "URL", "http://HOST:PORT/NAME.git [$LIVEFIX_URL]", options.url);
  line.value("--service", "NAME", "NAME of NAME.git, where the URL has none", options.service);
  line.value("--commit", "ID", "Which commit [HEAD]", options.commit);
  line.value("--ref", "BRANCH", "The branch there that says what runs [main]", options.ref);
  line.list("--artifact", "FILE[=PATH]",
            "A built file that is not in the commit, and where it is in the release; repeatable",
            options.artifacts);
  line.flag("--force", "Also over commits that this one does not have, as a rollback makes one",
            options.force);
  line.value("--timeout", "TIME", "How long to wait for the verdict [30m]", options.timeout);
  line.flag("--json", "Print one JSON object at the end, and nothing else", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix push\n"
      "  livefix push --commit \"$CI_COMMIT_SHA\" --artifact bin/shop\n"
      "  livefix push --artifact build/shop-linux-amd64=bin/shop --json\n\n"
      "The token comes from LIVEFIX_TOKEN; livefix token add NAME makes one.\n"
      "Exit status: 0 live, 1 refused or taken back, 2 usage, 3 livefix could not be reached.");
  return line;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<std::string> resolve_commit(const std::string& name) {
  const auto answer =
      os::capture_with_errors({.command = {"git", "rev-parse", "--verify", "--quiet",
                                           "--end-of-options", name + "^{commit}"},
                               .patience = Milliseconds{10'000}});
  if (!answer) return std::unexpected(answer.error());
  if (answer->exit_status == 0) return answer->output.substr(0, answer->output.find('\n'));
  const auto& errors = answer->errors;
  if (!errors.empty()) return fail("{}", errors.substr(0, errors.find('\n')));
  return fail("--commit {} is no commit of this checkout; fetch it, or name another", name);
}

bool is_shallow_checkout() {
  const auto answer = os::capture({.command = {"git", "rev-parse", "--is-shallow-repository"},
                                   .patience = Milliseconds{10'000}});
  return answer && answer->starts_with("true");
}

// One push, from the first question to the verdict.
class Pusher {
 public:
  Pusher(const Options& options, PushTarget target, std::string commit, Milliseconds timeout)
      : options_(options),
        target_(std::move(target)),
        commit_(std::move(commit)),
        ends_(Clock::now() + timeout) {}

  PushReport push(const std::vector<LocalArtifact>& files, const Artifacts& artifacts) {
    const auto refs = ask_for_refs();
    if (!refs) return unreachable(refs.error().message);
    for (const LocalArtifact& file : files) {
      const auto sent = upload(target_, file);
      if (!sent && sent.error().os_error == ECONNREFUSED) return unreachable(sent.error().message);
      if (!sent) return {.commit = commit_, .outcome = "refused", .message = sent.error().message};
      tell(fmt::format("artifact {}  {} · {:.1f} MiB{}", file.artifact.path,
                       file.artifact.short_hash(), static_cast<double>(file.size) / (1U << 20),
                       *sent == Upload::sent ? " · sent" : " · is there already"));
    }
    const std::size_t told_before = lines_.size();
    auto end = push_with_git({.target = target_,
                              .refspec = refspec(*refs),
                              .artifacts = artifacts,
                              .timeout = std::chrono::ceil<Milliseconds>(ends_ - Clock::now()),
                              .on_line = [this](std::string_view line) { tell(line); }});
    if (!end) return unreachable(end.error().message);
    end->is_shallow = is_shallow_checkout();
    // Of a push that ended without a verdict the last line counts, and not one of an artifact.
    std::vector<std::string> said(lines_.begin() + static_cast<std::ptrdiff_t>(told_before),
                                  lines_.end());
    PushReport report = report_of(*end, commit_, std::move(said));
    is_told_ = end->verdict.has_value();
    report.lines = lines_;
    return report;
  }

  // livefix itself has told the last sentence.
  bool is_told() const { return is_told_; }

 private:
  // Is somebody there, who lets this token in? What Git says about that is hard to tell apart.
  Result<std::string> ask_for_refs() {
    auto answer =
        send_http(target_, {.path = target_.path + "/info/refs?service=git-receive-pack"});
    if (!answer) return fail("{}: {}", target_.url(), answer.error().message);
    if (answer->status != kOk) {
      return fail("{}: {}", target_.url(), refusal_text(answer->status, answer->body));
    }
    if (!is_advertisement(answer->body)) {
      return fail("{} is no repository that takes pushes; check the URL", target_.url());
    }
    return std::move(answer->body);
  }

  std::string refspec(const std::string& refs) const {
    const std::string branch =
        options_.ref.starts_with("refs/") ? options_.ref : "refs/heads/" + options_.ref;
    // Git would have nothing to do, and ask nobody; other artifacts are another release.
    if (advertised(refs, branch) == commit_) {
      return fmt::format("{}:{}{:.12}-{}-{}", commit_, kRepeatPrefix, commit_, getpid(),
                         Clock::now().time_since_epoch().count());
    }
    return fmt::format("{}{}:{}", options_.force ? "+" : "", commit_, branch);
  }

  void tell(std::string_view line) {
    lines_.emplace_back(line);
    if (options_.json) return;
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  PushReport unreachable(const std::string& why) const {
    return {.commit = commit_, .outcome = "unreachable", .message = why, .lines = lines_};
  }

  const Options& options_;
  const PushTarget target_;
  const std::string commit_;
  const TimePoint ends_;
  std::vector<std::string> lines_;
  bool is_told_ = false;
};

}  // namespace

Outcome push_commit(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto refuse = [](const Error& error) { return complain(error.message, kUsageError); };

  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return complain("--timeout: " + timeout.error().message, kUsageError);
  if (options.url.empty()) options.url = variable("LIVEFIX_URL");
  if (options.url.empty()) {
    return complain("there is no URL to push to; set LIVEFIX_URL, or give --url", kUsageError);
  }
  const auto target = parse_push_target(options.url, variable("LIVEFIX_TOKEN"), options.service);
  if (!target) return refuse(target.error());
  const auto commit = resolve_commit(options.commit);
  if (!commit) return refuse(commit.error());
  std::vector<LocalArtifact> files;
  std::vector<Artifact> named;
  for (const std::string& text : options.artifacts) {
    auto file = read_artifact(text);
    if (!file) return refuse(file.error());
    named.push_back(file->artifact);
    files.push_back(std::move(*file));
  }
  const auto artifacts = collect_artifacts(std::move(named));
  if (!artifacts) return refuse(artifacts.error());

  // A server that closes while something is sent to it is an error like others.
  signal(SIGPIPE, SIG_IGN);
  const TimePoint began = Clock::now();
  Pusher pusher(options, *target, *commit, *timeout);
  PushReport report = pusher.push(files, *artifacts);
  report.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
  if (options.json) {
    fmt::print("{}\n", report.json());
  } else if (report.ok && !pusher.is_told()) {
    fmt::print("{}\n", report.message);
  } else if (!report.ok && !pusher.is_told()) {
    return complain(report.message, report.exit_status());
  }
  return report.exit_status();
}

std::vector<OptionInfo> push_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
