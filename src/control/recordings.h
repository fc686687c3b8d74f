// The recorder: takes what the proxy's workers have recorded out of their rings, keeps it, and
// shows it to whoever asks the control API (docs/recorder.md). Owned by RunWorld, on the driver's
// thread.
//
// The rings are looked at when a worker says that one has something, ten times a second at most,
// and when somebody asks; where nothing is recorded nothing happens here. What is taken is in
// memory of the keeper's before it is out of its ring, so that a control that is killed loses none
// of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/control_api.h"
#include "model/record_ring.h"
#include "model/run_spec.h"
#include "observe/recorder.h"
#include "observe/redaction.h"
#include "os/fd.h"
#include "os/shared_memory.h"

namespace livefix::control {

class Recordings {
 public:
  static constexpr std::chrono::milliseconds kPause{100};  // between two looks

  // As link::Welcome brings them. What cannot be mapped holds nothing. `context` and `run` must
  // outlive this.
  struct Fds {
    os::Fd rings;
    os::Fd wake;
    os::Fd kept;
  };
  Recordings(boost::asio::io_context& context, const RunSpec& run, std::size_t workers, Fds fds);
  ~Recordings();
  Recordings(const Recordings&) = delete;
  Recordings& operator=(const Recordings&) = delete;

  // Takes what is there; false: nothing was.
  bool look();

  // This must outlive the API.
  std::vector<ControlApi::Route> routes();

  // Each failure that is taken from now on, without its messages; its id is 0 when it is not kept.
  // Whoever is told asks nothing of this from within.
  using OnFailure = std::function<void(const observe::ExchangeRecord&)>;
  void on_failure(OnFailure on_failure) { on_failure_.push_back(std::move(on_failure)); }
  void tell_nobody() { on_failure_.clear(); }
  // Each exchange that a candidate is to be asked as well, secrets and all; it is not kept.
  using OnMirrored = std::function<void(observe::ExchangeRecord)>;
  void on_mirrored(OnMirrored on_mirrored) { on_mirrored_ = std::move(on_mirrored); }
  // Failures that are kept, the oldest first, as above.
  void for_each_failure(const OnFailure& visit) const;
  // `line`, which the program wrote about a failure that is kept, without secrets; from then on a
  // later control has it, too. Nothing: it is not kept any more, so that nobody knows them.
  std::optional<std::string> note_line(std::uint64_t id, std::string_view line);

  // As they were, secrets and all: nobody may see them but through redaction_of().
  std::optional<observe::ExchangeRecord> find(std::uint64_t id);
  std::vector<observe::ExchangeRecord> newest(const observe::RecordFilter& filter,
                                              std::size_t most);
  const observe::Redaction& redaction_of(std::size_t service_index) const {
    return redactions_.at(service_index);
  }

 private:
  void wait();
  void look_later();
  void take(std::string_view record);
  void list(const ApiRequest& request, const ApiReply& reply);
  void tell(const ApiRequest& request, const ApiReply& reply);
  std::uint64_t dropped() const;

  const RunSpec& run_;
  std::optional<os::Mapping> ring_memory_;
  std::optional<os::Mapping> kept_memory_;
  std::vector<RecordRingReader> rings_;
  std::optional<observe::Recorder> recorder_;
  std::vector<OnFailure> on_failure_;
  OnMirrored on_mirrored_;
  std::vector<observe::Redaction> redactions_;  // of each service
  boost::asio::posix::stream_descriptor wake_;
  boost::asio::steady_timer timer_;
};

}  // namespace livefix::control
