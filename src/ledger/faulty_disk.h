// For tests: the file layer of SQLite with faults in it, and with a platter of its own that knows
// what a power cut would leave. It is everybody's file layer as long as it lives.
#pragma once

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace livefix::ledger {

enum class Fault : std::uint8_t {
  none,
  full,      // a write gets half of its bytes to the disk: no space is left
  io_error,  // an operation of any kind fails
  sync,      // a sync fails, and what it should have synced is clean for the system, and lost
  power,     // in the middle of a write, or before a sync: nothing happens any more
  kill,      // the same, but it is the process that ends
};

class FaultyDisk {
 public:
  FaultyDisk() {
    sqlite3_initialize();
    real_ = sqlite3_vfs_find(nullptr);
    static_cast<sqlite3_vfs&>(vfs_) = *real_;
    vfs_.disk = this;
    vfs_.zName = "faulty";
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // At the operation of that number, from 1 on and from now on, of those that this fault can
  // strike; also at all later ones when it `lasts`. When `power_at` is not 0, power fails at the
  // operation of that number after it.
  void break_at(std::size_t operation, Fault fault, bool lasts = false, std::size_t power_at = 0) {
    fault_ = fault;
    at_ = operation;
    lasts_ = lasts || fault == Fault::power;
    power_at_ = power_at;
    count_ = 0;
  }
  void repair() { fault_ = Fault::none; }
  // Whether it came so far.
  bool has_struck() const { return count_ >= at_ && power_at_ == 0; }

  // Files become what is on the platter. Of each sector that was written and not synced, a coin
  // says whether it got there; with seed 0, none did. Nobody may have the files open.
  void cut_power(unsigned seed) {
    repair();
    std::mt19937 coin(seed);
    for (auto& [path, platter] : platters_) {
      const std::string written = read(path);
      for (const std::size_t sector : platter.dirty) {
        if (seed != 0 && coin() % 2 == 0) platter.take(sector, written);
      }
      platter.dirty.clear();
      std::ofstream(path, std::ios::binary | std::ios::trunc) << platter.bytes;
      std::filesystem::remove(path + "-shm");
    }
  }

 private:
  static constexpr std::size_t kSector = 512;

  struct Platter {
    std::string bytes;
    std::vector<std::size_t> dirty;  // sectors, some of them twice

    void take(std::size_t sector, std::string_view written) {
      const std::size_t from = sector * kSector;
      if (from >= written.size()) return;
      const std::string_view piece = written.substr(from, kSector);
      if (bytes.size() < from + piece.size()) bytes.resize(from + piece.size());
      bytes.replace(from, piece.size(), piece);
    }
  };

  struct Vfs : sqlite3_vfs {
    FaultyDisk* disk;
  };
  struct File : sqlite3_file {
    FaultyDisk* disk;
    std::string* path;  // of what the platter has

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    const sqlite3_io_methods& methods() { return *real()->pMethods; }
    Platter& platter() { return disk->platters_[*path]; }
  };
  static File& of(sqlite3_file* file) { return *static_cast<File*>(file); }

  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // One operation of a kind that the faults of `kinds` can strike.
  bool strikes(std::initializer_list<Fault> kinds) {
    if (power_at_ != 0 && count_ >= at_) break_at(std::exchange(power_at_, 0), Fault::power);
    if (std::ranges::find(kinds, fault_) == kinds.end()) return false;
    ++count_;
    return lasts_ ? count_ >= at_ : count_ == at_;
  }
  // Whether power fails at this very operation, or failed before.
  bool is_first_strike() const { return count_ == at_; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* opened, int flags, int* out) {
    FaultyDisk& disk = *static_cast<Vfs*>(vfs)->disk;
    File& file = of(opened);
    file.pMethods = nullptr;
    if (disk.strikes({Fault::io_error})) return SQLITE_CANTOPEN;
    const int code = disk.real_->xOpen(disk.real_, name, file.real(), flags, out);
    if (!file.real()->pMethods) return code;
    file.disk = &disk;
    file.path = new std::string(name ? name : "");
    file.pMethods = &kMethods;
    // What was there before is on the platter.
    if (name && !disk.platters_.contains(name)) disk.platters_[name].bytes = read(name);
    return code;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync) {
    FaultyDisk& disk = *static_cast<Vfs*>(vfs)->disk;
    if (disk.strikes({Fault::io_error, Fault::power})) return SQLITE_IOERR_DELETE;
    disk.platters_.erase(name);
    return disk.real_->xDelete(disk.real_, name, sync);
  }

  static int close(sqlite3_file* base) {
    File& file = of(base);
    delete file.path;
    return file.methods().xClose(file.real());
  }

  static int read(sqlite3_file* base, void* into, int size, sqlite3_int64 at) {
    File& file = of(base);
    if (file.disk->strikes({Fault::io_error})) return SQLITE_IOERR_READ;
    return file.methods().xRead(file.real(), into, size, at);
  }

  static int write(sqlite3_file* base, const void* from, int size, sqlite3_int64 at) {
    File& file = of(base);
    FaultyDisk& disk = *file.disk;
    if (!disk.strikes({Fault::full, Fault::io_error, Fault::power, Fault::kill})) {
      return put(file, from, size, at);
    }
    if (disk.fault_ == Fault::io_error) return SQLITE_IOERR_WRITE;
    if (disk.fault_ != Fault::power || disk.is_first_strike()) put(file, from, size / 2, at);
    if (disk.fault_ == Fault::kill) ::kill(getpid(), SIGKILL);
    return disk.fault_ == Fault::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }

  static int put(File& file, const void* from, int size, sqlite3_int64 at) {
    if (size == 0) return SQLITE_OK;
    const auto first = static_cast<std::size_t>(at) / kSector;
    const auto last = (static_cast<std::size_t>(at + size) - 1) / kSector;
    for (std::size_t sector = first; sector <= last; ++sector) {
      file.platter().dirty.push_back(sector);
    }
    return file.methods().xWrite(file.real(), from, size, at);
  }

  static int truncate(sqlite3_file* base, sqlite3_int64 size) {
    File& file = of(base);
    if (file.disk->strikes({Fault::io_error, Fault::power})) return SQLITE_IOERR_TRUNCATE;
    return file.methods().xTruncate(file.real(), size);
  }

  static int sync(sqlite3_file* base, int flags) {
    File& file = of(base);
    FaultyDisk& disk = *file.disk;
    if (disk.strikes({Fault::io_error, Fault::sync, Fault::power, Fault::kill})) {
      if (disk.fault_ == Fault::kill) ::kill(getpid(), SIGKILL);
      if (disk.fault_ != Fault::power) file.platter().dirty.clear();
      return SQLITE_IOERR_FSYNC;
    }
    Platter& platter = file.platter();
    const std::string written = read(*file.path);
    if (platter.bytes.size() > written.size()) platter.bytes.resize(written.size());
    for (const std::size_t sector : platter.dirty) platter.take(sector, written);
    platter.dirty.clear();
    // The platter is the disk here, and an fsync that is not made saves the tests their time.
    (void)flags;
    return SQLITE_OK;
  }

  static int size_of(sqlite3_file* base, sqlite3_int64* size) {
    File& file = of(base);
    if (file.disk->strikes({Fault::io_error})) return SQLITE_IOERR_FSTAT;
    return file.methods().xFileSize(file.real(), size);
  }

  static int map(sqlite3_file* base, int page, int size, int extend, void volatile** at) {
    File& file = of(base);
    if (file.disk->strikes({Fault::io_error})) return SQLITE_IOERR_SHMMAP;
    return file.methods().xShmMap(file.real(), page, size, extend, at);
  }

  static constexpr sqlite3_io_methods kMethods = {
      .iVersion = 2,
      .xClose = close,
      .xRead = read,
      .xWrite = write,
      .xTruncate = truncate,
      .xSync = sync,
      .xFileSize = size_of,
      .xLock = [](sqlite3_file* f, int n) { return of(f).methods().xLock(of(f).real(), n); },
      .xUnlock = [](sqlite3_file* f, int n) { return of(f).methods().xUnlock(of(f).real(), n); },
      .xCheckReservedLock =
          [](sqlite3_file* f, int* out) {
            return of(f).methods().xCheckReservedLock(of(f).real(), out);
          },
      .xFileControl =
          [](sqlite3_file* f, int op, void* argument) {
            return of(f).methods().xFileControl(of(f).real(), op, argument);
          },
      .xSectorSize = [](sqlite3_file* f) { return of(f).methods().xSectorSize(of(f).real()); },
      .xDeviceCharacteristics =
          [](sqlite3_file* f) { return of(f).methods().xDeviceCharacteristics(of(f).real()); },
      .xShmMap = map,
      .xShmLock =
          [](sqlite3_file* f, int offset, int n, int flags) {
            return of(f).methods().xShmLock(of(f).real(), offset, n, flags);
          },
      .xShmBarrier = [](sqlite3_file* f) { of(f).methods().xShmBarrier(of(f).real()); },
      .xShmUnmap = [](sqlite3_file* f,
                      int remove_it) { return of(f).methods().xShmUnmap(of(f).real(), remove_it); },
      .xFetch = nullptr,
      .xUnfetch = nullptr,
  };

  Vfs vfs_{};
  sqlite3_vfs* real_ = nullptr;
  std::map<std::string, Platter> platters_;
  Fault fault_ = Fault::none;
  bool lasts_ = false;
  std::size_t at_ = 0;
  std::size_t power_at_ = 0;
  std::size_t count_ = 0;
};

}  // namespace livefix::ledger
