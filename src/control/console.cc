#include "control/console.h"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "base/clock.h"

namespace livefix::control {
namespace {

constexpr std::size_t kCongestion = 256 * 1024;
constexpr Milliseconds kRetryWrite{5};
constexpr Milliseconds kLastWait{1'000};

}  // namespace

struct Console::RetryTimer {
  explicit RetryTimer(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
  bool armed = false;
};

Console::Console(boost::asio::io_context& context, const OutputSpec& spec, int output, int error)
    : one_cursor_(spec.terminal),
      writers_{TerminalWriter(output), TerminalWriter(error)},
      retry_(std::make_unique<RetryTimer>(context)) {}

Console::~Console() = default;

void Console::line(std::string_view text, Stream stream) {
  end_open_line(stream);
  std::string whole(text);
  whole.push_back('\n');
  writer(stream).write(whole);
  retry_later();
}

void Console::program(std::uint64_t source, Stream stream, std::string_view prefix,
                      std::string_view text, bool ends_line) {
  std::string bytes;
  if (cursor(stream) != source) {
    end_open_line(stream);
    bytes = prefix;
  }
  bytes.append(text);
  if (ends_line) {
    bytes.push_back('\n');
    cursor(stream).reset();
  } else {
    cursor(stream) = source;
    open_on_ = stream;
  }
  writer(stream).write(bytes);
  retry_later();
}

bool Console::is_congested() const {
  return writers_[0].backlog() > kCongestion || writers_[1].backlog() > kCongestion;
}

void Console::drain() {
  const TimePoint end = Clock::now() + kLastWait;
  while (Clock::now() < end) {
    const bool output_done = writers_[0].flush();
    const bool errors_done = writers_[1].flush();
    if (output_done && errors_done) return;
    poll(nullptr, 0, static_cast<int>(kRetryWrite.count()));
  }
}

std::optional<std::uint64_t>& Console::cursor(Stream stream) {
  return cursors_[one_cursor_ ? 0 : static_cast<std::size_t>(stream)];
}

void Console::end_open_line(Stream stream) {
  if (!cursor(stream)) return;
  cursor(stream).reset();
  writer(one_cursor_ ? open_on_ : stream).write("\n");
}

void Console::retry_later() {
  was_congested_ = was_congested_ || is_congested();
  if (retry_->armed || (writers_[0].backlog() == 0 && writers_[1].backlog() == 0)) return;
  retry_->armed = true;
  retry_->timer.expires_after(kRetryWrite);
  retry_->timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    retry_->armed = false;
    writers_[0].flush();
    writers_[1].flush();
    if (was_congested_ && !is_congested()) {
      was_congested_ = false;
      if (relief_) relief_();
    }
    retry_later();
  });
}

}  // namespace livefix::control
