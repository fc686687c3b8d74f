// How many clients are connected, in all and from each address. Only where there is a limit. An
// IPv6 client counts by its network of 64 bits, since it has all addresses of that.
//
// Shared by the workers of a proxy: every member may be called on any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "base/address.h"

namespace livefix::proxy {

class ClientCensus {
  using Key = std::array<std::uint8_t, 16>;
  using Counts = std::map<Key, std::uint32_t>;

 public:
  // 0: no limit.
  ClientCensus(std::uint32_t most, std::uint32_t most_of_each)
      : most_(most), most_of_each_(most_of_each) {}

  enum class Standing : std::uint8_t {
    welcome,
    one_too_many,  // it may be told
    far_too_many,  // and even that would cost too much
  };

  // A connection in the census, until it goes.
  class Ticket {
   public:
    explicit Ticket(ClientCensus& census) : census_(census) {}
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    // Whose connection it is, once that is known.
    Standing claim(const Address& client);

   private:
    ClientCensus& census_;
    Counts::iterator place_{};
    bool claimed_ = false;
  };

  // nullptr while there are as many as there may be.
  std::unique_ptr<Ticket> admit();

 private:
  const std::uint32_t most_;
  const std::uint32_t most_of_each_;
  std::atomic<std::uint32_t> all_{0};
  std::mutex mutex_;
  Counts of_each_;
};

}  // namespace livefix::proxy
