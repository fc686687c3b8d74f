#include "proxy/log_writer.h"

#include <cerrno>
#include <cstring>

namespace livefix::proxy {
namespace {

constexpr Milliseconds kRetry{500};     // a disk that is full
constexpr Milliseconds kRetryPipe{10};  // a pipe that is
constexpr Milliseconds kTellInterval{10'000};

// The file itself is as good as before; another one would fare no better.
bool may_pass(int error) {
  return error == EAGAIN || error == EINTR || error == ENOSPC || error == EDQUOT ||
         error == EFBIG || error == ENOMEM;
}

// The end of the last whole line in the first `size` bytes.
std::size_t end_of_lines(const std::array<iovec, 2>& content, std::size_t size) {
  const auto search = [](const iovec& piece, std::size_t bytes) -> std::size_t {
    const auto* start = static_cast<const char*>(piece.iov_base);
    const auto* end = static_cast<const char*>(memrchr(start, '\n', bytes));
    return end ? static_cast<std::size_t>(end - start) + 1 : 0;
  };
  if (size > content[0].iov_len) {
    const std::size_t found = search(content[1], size - content[0].iov_len);
    if (found > 0) return content[0].iov_len + found;
    size = content[0].iov_len;
  }
  return search(content[0], size);
}

std::array<iovec, 2> without_first(std::array<iovec, 2> content, std::size_t size) {
  for (iovec& piece : content) {
    const std::size_t here = std::min(size, piece.iov_len);
    piece.iov_base = static_cast<char*>(piece.iov_base) + here;
    piece.iov_len -= here;
    size -= here;
  }
  return content;
}

}  // namespace

Result<std::unique_ptr<LogWriter>> LogWriter::start(std::size_t workers, AccessLogFormat format,
                                                    std::function<void(LogReport)> report,
                                                    std::size_t ring_bytes) {
  auto loop = os::EventLoop::create();
  if (!loop) return std::unexpected(loop.error());
  auto mail = Mailbox<Order>::make_wake();
  if (!mail) return std::unexpected(mail.error());
  auto wake = Mailbox<Order>::make_wake();
  if (!wake) return std::unexpected(wake.error());
  auto writer =
      std::unique_ptr<LogWriter>(new LogWriter(std::move(*loop), std::move(*mail), std::move(*wake),
                                               workers, format, std::move(report), ring_bytes));
  writer->thread_ = std::thread([&self = *writer] { self.run(); });
  return writer;
}

LogWriter::LogWriter(os::EventLoop loop, os::Fd mail, os::Fd wake, std::size_t workers,
                     AccessLogFormat format, std::function<void(LogReport)> report,
                     std::size_t ring_bytes)
    : report_(std::move(report)),
      wake_(std::move(wake)),
      orders_(std::move(mail)),
      loop_(std::move(loop)),
      timer_(loop_, [this] { write(); }),
      composer_(format) {
  for (std::size_t i = 0; i < workers; ++i) rings_.emplace_back(wake_.get(), ring_bytes);
  rings_.emplace_back(wake_.get(), 2 * kMaxAccessLine);
}

LogWriter::~LogWriter() {
  orders_.post(Stop{});
  thread_.join();
}

void LogWriter::run() {
  const os::Watch mail(loop_, orders_.fd(), EPOLLIN, [this](std::uint32_t) {
    for (Order& order : orders_.take()) {
      std::visit([this](auto& one) { obey(one); }, order);
    }
  });
  const os::Watch wake(loop_, wake_.get(), EPOLLIN, [this](std::uint32_t) { on_wake(); });
  while (!stopped_) loop_.run_once();
  say_last_words();
}

// --- orders --------------------------------------------------------------------------------------

void LogWriter::obey(UseFile& order) {
  // What it cannot take is for the next one, and nothing to be told of.
  while (file_ && write_once() == Outcome::some) {
  }
  rewind();
  told_of_need_ = false;
  file_ = std::move(order.file);
  write();
}

void LogWriter::obey(Flush&) {
  flush_until_ = Clock::now() + kPatience;
  write();
}

void LogWriter::on_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(wake_.get(), &count, sizeof count);
  if (blocked_) return;  // the timer runs
  if (std::ranges::any_of(rings_, &LogRing::is_half_full)) return write();
  if (!timer_.running()) timer_.start(kPause);
}

// --- writing -------------------------------------------------------------------------------------

void LogWriter::write() {
  timer_.stop();
  Outcome outcome = Outcome::some;
  while (outcome == Outcome::some) outcome = write_once();
  blocked_ = outcome == Outcome::blocked;
  if (!blocked_) {
    trouble_.clear();
    note_gap();
  }
  tell_of_trouble();
  settle_flush();
  if (blocked_) {
    timer_.start(trouble_.empty() && file_ ? kRetryPipe : kRetry);
  } else if (waiting() > 0) {
    timer_.start(kPause);  // what has come meanwhile wakes nobody
  }
}

// `some`: more should be written at once.
LogWriter::Outcome LogWriter::write_once() {
  shares_.clear();
  // Behind half a line nothing but its rest may come.
  if (torn_) {
    shares_.push_back({torn_, torn_->content(), torn_bytes_});
  } else {
    for (LogRing& ring : rings_) shares_.push_back({&ring, ring.content(), 0});
  }
  std::vector<iovec> pieces;
  for (const Share& share : shares_) {
    for (const iovec& piece : without_first(share.content, share.done)) {
      if (piece.iov_len > 0) pieces.push_back(piece);
    }
  }
  if (pieces.empty()) return Outcome::all;
  if (!file_) return Outcome::blocked;
  const ssize_t written = ::writev(file_.get(), pieces.data(), static_cast<int>(pieces.size()));
  if (written <= 0) return fail(written < 0 ? errno : ENOSPC);
  const bool was_torn = torn_ != nullptr;
  take(static_cast<std::size_t>(written));
  if (torn_ || was_torn) return Outcome::some;
  return std::ranges::any_of(rings_, &LogRing::is_half_full) ? Outcome::some : Outcome::all;
}

LogWriter::Outcome LogWriter::fail(int error) {
  if (error == EINTR) return Outcome::some;
  if (error != EAGAIN) trouble_ = std::strerror(error);
  if (!may_pass(error)) {
    file_.reset();
    rewind();
  }
  return Outcome::blocked;
}

// A line that a file has only in part is written once more, whole.
void LogWriter::rewind() {
  torn_ = nullptr;
  torn_bytes_ = 0;
}

// In the order in which they were written.
void LogWriter::take(std::size_t written) {
  rewind();
  for (const Share& share : shares_) {
    const std::size_t there = share.content[0].iov_len + share.content[1].iov_len - share.done;
    const std::size_t here = std::min(written, there);
    if (here == 0) continue;
    written -= here;
    const std::size_t whole = end_of_lines(share.content, share.done + here);
    share.ring->take(whole);
    torn_bytes_ = share.done + here - whole;
    if (torn_bytes_ > 0) torn_ = share.ring;
  }
}

// Only where it can be written, so that one line stands for all that are missing there.
void LogWriter::note_gap() {
  std::uint64_t dropped = 0;
  for (const LogRing& ring : rings_) dropped += ring.dropped();
  if (dropped == dropped_) return;
  const auto now = std::chrono::system_clock::now();
  if (rings_.back().append(composer_.compose_gap(now, dropped - dropped_))) dropped_ = dropped;
}

std::size_t LogWriter::waiting() const {
  std::size_t bytes = 0;
  for (const LogRing& ring : rings_) bytes += ring.size();
  return bytes;
}

// --- reports -------------------------------------------------------------------------------------

// At once what is new, and how much is missing from time to time.
void LogWriter::tell_of_trouble() {
  std::uint64_t dropped = 0;
  for (const LogRing& ring : rings_) dropped += ring.dropped();
  const auto now = Clock::now();
  const bool needs_file = !trouble_.empty() && !file_;
  const bool is_new = trouble_ != told_trouble_ || (needs_file && !told_of_need_);
  const bool is_more = dropped != told_dropped_ && now - told_at_ >= kTellInterval;
  if (!is_new && !is_more) return;
  report_(LogTrouble{trouble_, needs_file, dropped - told_dropped_});
  told_of_need_ = needs_file;
  told_trouble_ = trouble_;
  told_dropped_ = dropped;
  told_at_ = now;
}

void LogWriter::settle_flush() {
  if (!flush_until_ || (waiting() > 0 && file_ && Clock::now() < *flush_until_)) return;
  flush_until_.reset();
  report_(LogFlushed{});
}

void LogWriter::say_last_words() {
  const auto until = Clock::now() + kPatience;
  write();
  while (file_ && waiting() > 0 && Clock::now() < until) {
    loop_.run_once(kRetryPipe);
    write();
  }
}

}  // namespace livefix::proxy
