#include "control/access_log_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace livefix::control {
namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr int kReadsInARow = 64;  // read_now takes 4 MiB at most
constexpr Milliseconds kCongestedFor{20};

std::string lines_missing(std::uint64_t lines) {
  return fmt::format("{} {} missing", lines, lines == 1 ? "line is" : "lines are");
}

}  // namespace

AccessLogSource::AccessLogSource(boost::asio::io_context& context,
                                 const std::optional<AccessLogSpec>& spec, Handlers handlers)
    : handlers_(std::move(handlers)),
      is_printed_(spec && spec->file.empty()),
      timer_(context),
      pipe_(context) {
  if (spec && !is_printed_) file_.emplace(spec->file);
}

void AccessLogSource::begin() {
  if (file_) {
    open_file();
    look_later();
  } else if (is_printed_) {
    open_pipe();
  }
}

// --- a file --------------------------------------------------------------------------------------

void AccessLogSource::open_file() {
  const auto file = file_->open();
  is_wanted_ = !file;
  const std::string problem = file ? std::string() : file.error().message;
  const bool is_new = std::exchange(told_of_opening_, problem) != problem;
  if (file) handlers_.publish(*file);
  if (!file && is_new) handlers_.warn("the access log cannot be opened: " + problem);
}

void AccessLogSource::look_later() {
  timer_.expires_after(kLookInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (is_wanted_ || file_->is_elsewhere()) open_file();
    look_later();
  });
}

void AccessLogSource::on_trouble(const link::LogTrouble& trouble) {
  if (!file_ && !is_printed_) return;
  if (trouble.needs_file) {
    if (is_printed_) return;  // that was the pipe of the control before this one
    is_wanted_ = true;
  }
  const std::string where = file_ ? file_->path() : "standard output";
  if (!trouble.reason.empty()) {
    const bool is_new = std::exchange(told_, trouble.reason) != trouble.reason;
    if (!is_new && trouble.dropped == 0) return;
    return handlers_.warn(
        fmt::format("the access log cannot be written to {}: {}{}", where, trouble.reason,
                    trouble.dropped > 0
                        ? "; " + lines_missing(trouble.dropped)
                        : "; lines wait in memory, and are dropped when there is no more room"));
  }
  if (!std::exchange(told_, {}).empty()) {
    return handlers_.warn(fmt::format("the access log is written again to {}; {}", where,
                                      trouble.dropped > 0
                                          ? lines_missing(trouble.dropped)
                                          : "since it was said last, none is missing"));
  }
  if (trouble.dropped > 0) {
    handlers_.warn(fmt::format("the access log has more lines than {} takes: {}", where,
                               lines_missing(trouble.dropped)));
  }
}

// --- standard output -----------------------------------------------------------------------------

void AccessLogSource::open_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
    return handlers_.warn(fmt::format("there is no access log: pipe: {}", std::strerror(errno)));
  }
  os::Fd reading(ends[0]);
  const os::Fd writing(ends[1]);
  boost::system::error_code failure;
  pipe_.assign(reading.get(), failure);
  if (failure) return handlers_.warn("there is no access log: " + failure.message());
  [[maybe_unused]] const int taken = reading.release();
  handlers_.publish(writing);
  wait_for_lines();
}

void AccessLogSource::wait_for_lines() {
  if (!pipe_.is_open()) return;
  pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [this](const boost::system::error_code& error) {
                     if (error) return;
                     if (!handlers_.is_congested()) {
                       read_once();
                       return wait_for_lines();
                     }
                     // It waits in the pipe, then with the proxy.
                     timer_.expires_after(kCongestedFor);
                     timer_.async_wait([this](const boost::system::error_code& stopped) {
                       if (!stopped) wait_for_lines();
                     });
                   });
}

bool AccessLogSource::read_once() {
  buffer_.resize(kReadAtOnce);
  const ssize_t size = ::read(pipe_.native_handle(), buffer_.data(), buffer_.size());
  if (size == 0) pipe_.close();  // the keeper and the proxy are gone
  if (size <= 0) return false;
  const auto lines = lines_.feed({buffer_.data(), static_cast<std::size_t>(size)});
  for (const std::string& line : lines) handlers_.print(line);
  return true;
}

void AccessLogSource::read_now() {
  for (int reads = 0; pipe_.is_open() && reads < kReadsInARow && read_once(); ++reads) {
  }
}

}  // namespace livefix::control
