// Artifacts that come before the push that names them.
#include <fmt/format.h>

#include <charconv>

#include "control/git_connection.h"

namespace livefix::control {
namespace {

// What a client can do about it: other bytes, less of them, or wait until somebody makes room.
GitRefusal refusal_of(const Error& error) {
  switch (error.os_error) {
    case EBADMSG:
      return {422, error.message};
    case ENOSPC:
    case EDQUOT:
      return {507, error.message, "", true};
    default:
      return {500, "livefix cannot keep the artifact; its log says why", "", true};
  }
}

}  // namespace

void GitConnection::handle_artifact(const ArtifactRequest& request) {
  if (parts_.settings.artifacts.empty()) return refuse({404, "no artifacts are taken here"});
  const auto size = parts_.artifacts.find(request.sha256);
  if (size) return refuse({200, "it is here"});
  if (!request.is_sent) return refuse({404, "it is not here"});
  // As text, which Beast has checked: GCC 12 takes its optional for uninitialized.
  const auto said = parser_->get()[boost::beast::http::field::content_length];
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(said.data(), said.data() + said.size(), length);
  if (said.empty() || parsed.ec == std::errc::invalid_argument) {
    return refuse({411, "an artifact comes with its Content-Length", "", true});
  }
  if (parsed.ec != std::errc{} || length > Artifact::kLargest) {
    return refuse(
        {413, fmt::format("an artifact has at most {} MiB", Artifact::kLargest >> 20), "", true});
  }
  if (parts_.running >= parts_.settings.limits.requests) {
    return refuse({503, "too many pushes at once; try again in a moment", "Retry-After: 5", true});
  }
  receive_artifact(request.sha256, length);
}

void GitConnection::receive_artifact(const std::string& sha256, std::uint64_t size) {
  auto incoming = parts_.artifacts.receive(sha256, size);
  if (!incoming) {
    parts_.complain(incoming.error().message);
    return refuse(refusal_of(incoming.error()));
  }
  artifact_ = std::make_shared<releases::IncomingArtifact>(std::move(*incoming));
  ++parts_.running;
  begin_when_asked([this] { read_body(); });
}

// A disk may take its time, which nobody else should wait for. The next part is read when this one
// is written, so that none is kept in memory but the one.
void GitConnection::store_part(std::size_t size) {
  if (size == 0) return read_body();
  const std::span<const char> bytes(input_.data(), size);
  parts_.disk.run(
      // The connection is held by what follows, and its buffer with it.
      [artifact = artifact_, bytes] { return artifact->write(bytes); },
      held([this](const Status& written) {
        if (written) return read_body();
        parts_.complain(written.error().message);
        end_artifact(refusal_of(written.error()));
      }));
}

void GitConnection::on_whole_artifact() {
  parts_.disk.run([artifact = artifact_] { return artifact->finish(); },
                  held([this](const Status& finished) {
                    if (finished) return end_artifact({201, "it is here now"});
                    if (finished.error().os_error != EBADMSG) {
                      parts_.complain(finished.error().message);
                    }
                    end_artifact(refusal_of(finished.error()));
                  }));
}

void GitConnection::end_artifact(const GitRefusal& answer) {
  artifact_.reset();
  --parts_.running;
  refuse(answer);
}

}  // namespace livefix::control
