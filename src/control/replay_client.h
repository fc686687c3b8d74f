// Sends requests to programs and keeps their answers, whatever these are: some at once, the others
// wait for their turn. Nothing of it goes through the proxy, so that nothing is counted or
// recorded. Owned by whoever replays, used on the driver's thread; Asio is behind it, in one
// translation unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "control/replay_request.h"
#include "observe/exchange_record.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

enum class ReplayEnd : std::uint8_t {
  whole,
  too_large,   // its answer goes on beyond kMostOfAnswer; the rest was not read
  refused,     // nobody listens there, or it cannot be reached
  closed,      // before an answer began
  broken_off,  // its answer ended before it was whole
  timed_out,   // no answer began in time
  endless,     // its answer did not end in time
  not_http,    // as the proxy would have said of it
};

// "closed", "timed out": what a person reads where there is no status.
std::string_view word_of(ReplayEnd end);

struct ReplayAnswer {
  static constexpr std::size_t kMostOfAnswer = 1 << 20;  // bytes of its body

  ReplayEnd end = ReplayEnd::closed;
  int status = 0;                    // 0: no head came
  observe::RecordedMessage message;  // without its framing; no first line: no head came
  std::chrono::microseconds took{};

  // All of it that a comparison needs is there.
  bool is_there() const { return end == ReplayEnd::whole || end == ReplayEnd::too_large; }
};

class ReplayClient {
 public:
  using Then = std::function<void(ReplayAnswer)>;

  // `context` must outlive this.
  ReplayClient(boost::asio::io_context& context, std::size_t at_once);
  // What is under way ends, and nobody hears of it.
  ~ReplayClient();
  ReplayClient(const ReplayClient&) = delete;
  ReplayClient& operator=(const ReplayClient&) = delete;

  // To the first of `places` that takes a connection. `then` is called once, later, within
  // `patience` from when it is this one's turn; it may send more, or destroy this.
  void send(const std::vector<Address>& places, ReplayRequest request, Milliseconds patience,
            Then then);

 private:
  struct Call;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace livefix::control
