// Memory that several processes map, behind a descriptor without a name (memfd).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

// All zero, of fixed size: a peer cannot shrink it under a reader.
Result<Fd> create_shared_memory(const char* name, std::size_t size);

// A copy of `bytes` that nobody can change, to be handed to another process.
Result<Fd> create_sealed_memory(const char* name, std::string_view bytes);
// All of it.
Result<std::string> read_memory(const Fd& memory);

// A shared mapping for as long as the object lives. Fails when the memory is smaller than `size`.
class Mapping {
 public:
  enum class Access { read, read_write };
  static Result<Mapping> of(const Fd& memory, std::size_t size, Access access);

  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  void* data() const { return data_; }

 private:
  Mapping(void* data, std::size_t size) : data_(data), size_(size) {}
  void* data_;
  std::size_t size_;
};

}  // namespace livefix::os
