#include "watch/tree_watcher.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "watch/burst.h"
#include "watch/directory_watches.h"
#include "watch/file_index.h"
#include "watch/git_ignored.h"
#include "watch/path_filter.h"
#include "watch/tree_walk.h"

namespace livefix::watch {
namespace {

constexpr Milliseconds kPatienceWithGit{500};
constexpr Milliseconds kPollInterval{500};
constexpr int kScanShare = 10;  // polling takes no more than a tenth of one processor

class Watcher final : public TreeWatcher {
 public:
  Watcher(std::string root, PathFilter filter, os::Fd epoll, os::Fd timer)
      : root_(std::move(root)),
        filter_(std::move(filter)),
        epoll_(std::move(epoll)),
        timer_(std::move(timer)),
        index_(root_) {}

  void start(std::size_t max_watches);

  int fd() const override { return epoll_.get(); }
  void read_events(TimePoint now) override;
  std::optional<TimePoint> due() const override { return burst_.due(); }
  std::optional<Change> take_change(TimePoint now) override;
  bool learn_contents(std::size_t files) override { return index_.read_some(files); }
  std::size_t file_count() const override { return index_.size(); }
  std::string warning() const override { return warning_; }

 private:
  using Event = DirectoryWatches::Event;

  void on_event(const Event& event, TimePoint now);
  void on_file_event(const Event& event, const std::string& path, TimePoint now);
  void on_directory_appeared(const std::string& path, Reach parent, TimePoint now);
  void on_directory_gone(const std::string& path, TimePoint now);
  void on_link_replaced(const std::string& path, Reach parent, TimePoint now);

  // Calls `on_file` for each watched file, and watches the directories on the way.
  void walk(const std::string& start, Reach reach,
            const std::function<void(const std::string&)>& on_file);
  void walk_everything(const std::function<void(const std::string&)>& on_file);
  bool watch_directory(const std::string& directory, Reach reach);
  // Looks at everything and touches what differs from what is known.
  void rescan(TimePoint now);

  void poll_instead(const Error& reason);
  void set_poll_timer(Milliseconds delay);

  const std::string root_;
  const PathFilter filter_;
  const os::Fd epoll_;  // of inotify_ and timer_, so that the owner sees one descriptor
  const os::Fd timer_;
  std::optional<DirectoryWatches> inotify_;  // nullopt: polled
  std::optional<Error> out_of_watches_;      // inotify_ is to go, once nobody is inside of it
  FileIndex index_;
  Burst burst_;
  std::string warning_;
};

void Watcher::start(std::size_t max_watches) {
  auto inotify = DirectoryWatches::create(max_watches);
  if (inotify) {
    epoll_event interest{.events = EPOLLIN, .data = {}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, inotify->fd(), &interest);
    inotify_ = std::move(*inotify);
  } else {
    poll_instead(inotify.error());
  }
  walk_everything([this](const std::string& file) { index_.learn(file); });
  if (out_of_watches_) poll_instead(*std::exchange(out_of_watches_, std::nullopt));
}

void Watcher::walk(const std::string& start, Reach reach,
                   const std::function<void(const std::string&)>& on_file) {
  walk_tree(root_, start, reach, filter_,
            {.on_directory = [this](const auto& directory,
                                    Reach its) { return watch_directory(directory, its); },
             .on_file = on_file});
}

void Watcher::walk_everything(const std::function<void(const std::string&)>& on_file) {
  walk("", Reach::whole, on_file);
  std::set<std::string> outside;
  for (const auto& file : filter_.named_files()) {
    if (file.starts_with('/')) outside.insert(std::filesystem::path(file).parent_path());
  }
  for (const auto& directory : outside) walk(directory, Reach::passing, on_file);
}

bool Watcher::watch_directory(const std::string& directory, Reach reach) {
  if (!inotify_ || out_of_watches_) return true;
  const auto watched = inotify_->add(absolute_path(root_, directory), directory, reach);
  if (watched) return true;
  switch (watched.error().os_error) {
    case ENOSPC:
    case ENOMEM:
      out_of_watches_ = watched.error();
      return true;
    default:
      return false;  // it went away again, or is not ours to read
  }
}

void Watcher::poll_instead(const Error& reason) {
  inotify_.reset();  // epoll forgets it by itself
  warning_ =
      reason.os_error == ENOENT
          ? fmt::format("{} was removed; livefix looks for it twice a second", root_)
          : fmt::format(
                "no inotify watches are left ({}), so files are looked at twice a second and a "
                "save is seen later; to change that: sysctl fs.inotify.max_user_watches=524288 "
                "fs.inotify.max_user_instances=1024",
                std::strerror(reason.os_error));
  epoll_event interest{.events = EPOLLIN, .data = {}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &interest);
  set_poll_timer(kPollInterval);
}

void Watcher::set_poll_timer(Milliseconds delay) {
  itimerspec when{};
  when.it_value.tv_sec = delay.count() / 1000;
  when.it_value.tv_nsec = (delay.count() % 1000) * 1'000'000;
  timerfd_settime(timer_.get(), 0, &when, nullptr);
}

void Watcher::read_events(TimePoint now) {
  if (inotify_) {
    inotify_->read([&](const Event& event) { on_event(event, now); },
                   [&](DirectoryWatches::Overflow) { rescan(now); });
    if (out_of_watches_) poll_instead(*std::exchange(out_of_watches_, std::nullopt));
    return;
  }
  std::uint64_t expirations = 0;
  if (read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  const auto before = Clock::now();
  rescan(now);
  const auto taken = std::chrono::ceil<Milliseconds>(Clock::now() - before);
  set_poll_timer(std::max(kPollInterval, taken * kScanShare));
}

void Watcher::rescan(TimePoint now) {
  walk_everything([&](const std::string& file) {
    if (!index_.contains(file)) burst_.touch(file, now);
  });
  for (auto& file : index_.stale()) burst_.touch(std::move(file), now);
}

void Watcher::on_event(const Event& event, TimePoint now) {
  if (event.name.empty()) {
    // The service's own directory went away. Whatever comes in its place is found by looking.
    if (event.directory.empty() && (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))) {
      out_of_watches_ = Error{"the directory was removed", ENOENT};
      on_directory_gone("", now);
    }
    return;
  }
  const auto path = join(event.directory, event.name);
  if ((event.mask & IN_ISDIR) == 0) return on_file_event(event, path, now);
  if (event.mask & (IN_MOVED_FROM | IN_DELETE)) on_directory_gone(path, now);
  if (event.mask & (IN_MOVED_TO | IN_CREATE)) on_directory_appeared(path, event.reach, now);
}

void Watcher::on_file_event(const Event& event, const std::string& path, TimePoint now) {
  if (event.mask & (IN_CREATE | IN_MOVED_TO)) {
    const auto kind = kind_of(absolute_path(root_, path));
    if (kind == PathKind::file_link || kind == PathKind::directory_link) {
      on_link_replaced(path, event.reach, now);
    }
  }
  if (!filter_.watches(event.reach, path)) {
    // A link to a directory has no extension, but is known when it is watched.
    if (index_.contains(path)) burst_.touch(path, now);
    return;
  }
  if ((event.mask & IN_CREATE) == 0) return burst_.touch(path, now);
  // A file that was created is usually still being written and will be closed; a hard link will
  // not, it is whole (cargo and ccache put their results in place that way).
  struct stat status{};
  const bool is_new_file = lstat(absolute_path(root_, path).c_str(), &status) == 0 &&
                           S_ISREG(status.st_mode) && status.st_nlink == 1;
  if (is_new_file) {
    burst_.opened(path, now);
  } else {
    burst_.touch(path, now);
  }
}

// The files of a Kubernetes ConfigMap are links through `..data`, which is replaced by a rename:
// what a link leads to can change without an event of its own.
void Watcher::on_link_replaced(const std::string& path, Reach parent, TimePoint now) {
  for (auto& link : index_.links()) burst_.touch(std::move(link), now);
  if (kind_of(absolute_path(root_, path)) == PathKind::directory_link &&
      filter_.reach(parent, path) == Reach::whole) {
    burst_.touch(path, now);
  }
}

void Watcher::on_directory_appeared(const std::string& path, Reach parent, TimePoint now) {
  const auto reach = filter_.reach(parent, path);
  if (reach == Reach::none) return;
  walk(path, reach, [&](const std::string& file) { burst_.touch(file, now); });
}

void Watcher::on_directory_gone(const std::string& path, TimePoint now) {
  if (inotify_ && !path.empty()) inotify_->remove(path);
  burst_.closed_below(path);
  for (auto& file : index_.below(path)) burst_.touch(std::move(file), now);
}

std::optional<Change> Watcher::take_change(TimePoint now) {
  const auto quiet = burst_.due();
  if (!quiet || now < *quiet) return std::nullopt;

  std::vector<std::pair<std::string, FileIndex::Comparison>> changed;
  bool settled = true;
  for (const auto& path : burst_.paths()) {
    auto comparison = index_.compare(path);
    settled = settled && (comparison.settled || !comparison.changed);
    changed.emplace_back(path, comparison);
  }
  if (!settled && burst_.settle(now)) return std::nullopt;

  burst_.take();
  Change change;
  for (auto& [path, comparison] : changed) {
    index_.accept(path, comparison);
    if (comparison.changed) change.paths.push_back(std::move(path));
  }
  if (change.paths.empty()) return std::nullopt;
  return change;
}

// "./server" becomes "server", and what lies inside of the directory is named from there.
std::string named_from(const std::string& directory, const std::string& file) {
  auto path = std::filesystem::path(file);
  if (path.is_relative()) path = std::filesystem::path(directory) / path;
  path = path.lexically_normal();
  const auto relative = path.lexically_relative(directory);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return inside ? relative.string() : path.string();
}

}  // namespace

Result<std::unique_ptr<TreeWatcher>> TreeWatcher::create(std::string directory,
                                                         const WatchSpec& spec,
                                                         std::size_t max_watches) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (access(directory.c_str(), R_OK | X_OK) < 0) return fail_errno("{}", directory);
  auto normal = spec;
  for (auto& file : normal.files) file = named_from(directory, file);

  os::Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("watching {}: epoll", directory);
  os::Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer) return fail_errno("watching {}: timer", directory);
  PathFilter filter(std::move(normal), directories_ignored_by_git(directory, kPatienceWithGit));
  auto watcher = std::make_unique<Watcher>(std::move(directory), std::move(filter),
                                           std::move(epoll), std::move(timer));
  watcher->start(max_watches);
  return watcher;
}

}  // namespace livefix::watch
