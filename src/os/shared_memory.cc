#include "os/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace livefix::os {
namespace {

// Not fstat(): C libraries make of it a call that takes a path, which the proxy's sandbox refuses.
Result<std::size_t> size_of(const Fd& memory) {
  const off_t size = lseek(memory.get(), 0, SEEK_END);
  if (size < 0) return fail_errno("lseek");
  return static_cast<std::size_t>(size);
}

}  // namespace

Result<Fd> create_shared_memory(const char* name, std::size_t size) {
  // The kernel holds it for a file, and sends SIGXFSZ where it is larger than files may be.
  rlimit largest{};
  if (getrlimit(RLIMIT_FSIZE, &largest) == 0 && size > largest.rlim_cur) {
    return fail("{} bytes of memory are more than a file may have here (ulimit -f)", size);
  }
  Fd memory(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return fail_errno("memfd_create");
  if (ftruncate(memory.get(), static_cast<off_t>(size)) < 0) return fail_errno("ftruncate");
  if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
    return fail_errno("seal shared memory");
  }
  return memory;
}

Result<Fd> create_sealed_memory(const char* name, std::string_view bytes) {
  Fd memory(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return fail_errno("memfd_create");
  while (!bytes.empty()) {
    const ssize_t count = ::write(memory.get(), bytes.data(), bytes.size());
    if (count < 0) return fail_errno("write to memory");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (fcntl(memory.get(), F_ADD_SEALS, kSeals) < 0) return fail_errno("seal memory");
  return memory;
}

Result<std::string> read_memory(const Fd& memory) {
  const auto size = size_of(memory);
  if (!size) return std::unexpected(size.error());
  std::string bytes(*size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pread(memory.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count <= 0) return fail_errno("read memory");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

Result<Mapping> Mapping::of(const Fd& memory, std::size_t size, Access access) {
  const auto there = size_of(memory);
  if (!there) return std::unexpected(there.error());
  if (*there < size) return fail("shared memory has {} bytes, {} are needed", *there, size);
  const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = mmap(nullptr, size, protection, MAP_SHARED, memory.get(), 0);
  if (data == MAP_FAILED) return fail_errno("mmap");
  return Mapping(data, size);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping::~Mapping() {
  if (data_) munmap(data_, size_);
}

}  // namespace livefix::os
