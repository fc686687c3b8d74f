#include "proxy/access_record.h"

#include <algorithm>

#include "http/characters.h"
#include "http/preview_link.h"
#include "proxy/client_connection.h"

namespace livefix::proxy {
namespace {

AccessEntry::Duration microseconds(Clock::duration duration) {
  return std::chrono::duration_cast<AccessEntry::Duration>(duration);
}

AccessProtocol protocol_of(http::Version version, const ClientOrigin& origin) {
  if (origin.multiplexed) return AccessProtocol::http2;
  return version == http::Version::http10 ? AccessProtocol::http10 : AccessProtocol::http11;
}

}  // namespace

void AccessRecord::begin(const http::RequestHead& head, const ClientOrigin& origin,
                         std::string_view client, TimePoint now) {
  start(origin, now);
  protocol_ = protocol_of(head.version, origin);
  append(Part::client, client, AccessShares::kClient);
  append(Part::method, head.method_name, AccessShares::kMethod);
  append(Part::host, head.host, AccessShares::kHost);
  // A pass is nobody's to read.
  const auto preview = http::preview_link(head.target);
  append(Part::target, preview ? std::string_view(preview->place) : head.target,
         AccessShares::kTarget);
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::other) continue;
    if (http::equals_lowercase(field.name, "referer")) {
      append(Part::referer, field.value, AccessShares::kReferer);
    } else if (http::equals_lowercase(field.name, "user-agent")) {
      append(Part::agent, field.value, AccessShares::kAgent);
    }
  }
}

void AccessRecord::begin_bytes(const ClientOrigin& origin, TimePoint now) {
  start(origin, now);
  protocol_ = AccessProtocol::tcp;
  append(Part::client, origin.peer.ip(), AccessShares::kClient);
}

void AccessRecord::begin_unreadable(std::string_view input, const ClientOrigin& origin,
                                    TimePoint now) {
  start(origin, now);
  if (origin.multiplexed) protocol_ = AccessProtocol::http2;
  append(Part::client, origin.peer.ip(), AccessShares::kClient);
  append(Part::unreadable, input.substr(0, input.find_first_of("\r\n")), AccessShares::kTarget);
}

void AccessRecord::start(const ClientOrigin& origin, TimePoint now) {
  open_ = true;
  protocol_ = AccessProtocol::unknown;
  tls_ = origin.tls;
  begun_ = now;
  first_byte_ = {};
  waited_ = {};
  bytes_ = 0;
  tunnel_start_.reset();
  places_ = {};
  text_.clear();
}

void AccessRecord::close() {
  open_ = false;
  constexpr std::size_t kCheap = 1024;
  if (text_.capacity() > kCheap) text_ = {};
}

// The first one counts where a client has sent several.
void AccessRecord::append(Part part, std::string_view text, std::size_t share) {
  Place& place = places_[static_cast<std::size_t>(part)];
  if (place.size > 0) return;
  const std::string_view kept = text.substr(0, share + 1);
  place = {static_cast<std::uint16_t>(text_.size()), static_cast<std::uint16_t>(kept.size())};
  text_.append(kept);
}

// The last one counts: what it was sent to before has not answered.
void AccessRecord::set_release(std::string_view release) {
  places_[static_cast<std::size_t>(Part::release)] = {};
  append(Part::release, release, AccessShares::kRelease);
}

std::string_view AccessRecord::view(Part part) const {
  const Place place = places_[static_cast<std::size_t>(part)];
  return std::string_view(text_).substr(place.at, place.size);
}

void AccessRecord::count_to(std::uint64_t sent) {
  if (tunnel_start_) bytes_ = sent - std::min(sent, *tunnel_start_);
}

AccessEntry AccessRecord::entry(TimePoint now) const {
  AccessEntry entry;
  entry.client = view(Part::client);
  entry.method = view(Part::method);
  entry.host = view(Part::host);
  entry.target = view(Part::target);
  entry.unreadable = view(Part::unreadable);
  entry.referer = view(Part::referer);
  entry.agent = view(Part::agent);
  entry.id = view(Part::id);
  entry.trace = view(Part::trace);
  entry.release = view(Part::release);
  entry.protocol = protocol_;
  entry.tls = tls_;
  entry.bytes = bytes_;
  entry.duration = microseconds(now - begun_);
  if (first_byte_ != TimePoint{}) entry.first_byte = microseconds(first_byte_ - begun_);
  if (waited_ != Clock::duration{}) entry.waited = microseconds(waited_);
  return entry;
}

}  // namespace livefix::proxy
