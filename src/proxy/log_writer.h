// The thread that writes the access log: takes the lines of all workers and gives them to the
// file that control has opened, many with one system call. Lines wait up to kPause for others, so a
// killed proxy loses no more than that. They stay in their rings until the file has them: while it
// takes none (a full disk, a slow pipe, or none was opened) the rings fill, what finds no room is
// counted, and a line says so when it goes on.
//
// Owned by the proxy's main thread; whoever has a ring must be gone first.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "os/event_loop.h"
#include "os/fd.h"
#include "proxy/access_line.h"
#include "proxy/log_ring.h"
#include "proxy/mailbox.h"

namespace livefix::proxy {

// The log is not written as it should be, or is again.
struct LogTrouble {
  std::string reason;         // of the system; empty: it is written, but lines are missing
  bool needs_file = false;    // what it has is of no use any more
  std::uint64_t dropped = 0;  // lines that are missing since this was told last
};
// Everything that was there when the flush was asked for is in the file, or had no way there.
struct LogFlushed {};
using LogReport = std::variant<LogTrouble, LogFlushed>;

class LogWriter {
 public:
  // From the first line to the write.
  static constexpr Milliseconds kPause{100};
  // For a file that takes nothing, at a flush and at the end.
  static constexpr Milliseconds kPatience{500};

  // `report` is called by the writer's thread.
  static Result<std::unique_ptr<LogWriter>> start(std::size_t workers, AccessLogFormat format,
                                                  std::function<void(LogReport)> report,
                                                  std::size_t ring_bytes = LogRing::kUsual);
  // Writes what is there, if the file takes it within kPatience.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  LogRing& ring(std::size_t worker) { return rings_[worker]; }
  // From now on; the file before gets what was there before.
  void use(os::Fd file) { orders_.post(UseFile{std::move(file)}); }
  // Answered by LogFlushed.
  void flush() { orders_.post(Flush{}); }

 private:
  struct UseFile {
    os::Fd file;
  };
  struct Flush {};
  struct Stop {};
  using Order = std::variant<UseFile, Flush, Stop>;
  enum class Outcome : std::uint8_t { all, some, blocked };

  LogWriter(os::EventLoop loop, os::Fd mail, os::Fd wake, std::size_t workers,
            AccessLogFormat format, std::function<void(LogReport)> report, std::size_t ring_bytes);

  // On the writer's thread.
  void run();
  void obey(UseFile& order);
  void obey(Flush&);
  void obey(Stop&) { stopped_ = true; }
  void on_wake();
  void write();
  Outcome write_once();
  Outcome fail(int error);
  void take(std::size_t written);
  void rewind();
  void note_gap();
  void settle_flush();
  void tell_of_trouble();
  void say_last_words();
  std::size_t waiting() const;

  // Constant.
  const std::function<void(LogReport)> report_;
  const os::Fd wake_;
  // Shared with the thread that gives orders.
  Mailbox<Order> orders_;
  // One for each worker, and the writer's own for what it has to say itself.
  std::deque<LogRing> rings_;

  // The writer's thread only.
  os::EventLoop loop_;
  os::Timer timer_;
  AccessLineComposer composer_;
  os::Fd file_;
  // What goes into one system call.
  struct Share {
    LogRing* ring;
    std::array<iovec, 2> content;
    std::size_t done;  // of it, earlier
  };
  std::vector<Share> shares_;
  LogRing* torn_ = nullptr;     // the file has only the beginning of its first line
  std::size_t torn_bytes_ = 0;  // so much of it
  bool blocked_ = false;        // it took nothing, or there is none
  std::string trouble_;         // why, where the system says why
  bool told_of_need_ = false;   // for another file, since the last one came
  std::string told_trouble_;
  std::uint64_t dropped_ = 0;       // in all gaps that were noted
  std::uint64_t told_dropped_ = 0;  // in all reports
  TimePoint told_at_{};
  std::optional<TimePoint> flush_until_;
  bool stopped_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace livefix::proxy
