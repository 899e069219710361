// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The bytes of a dump: what codecs write to and read from, and the blocks that these bytes travel in.
//
//   header  magic │ version │ length │ types "u64 -> string" │ checksum
//   block   "BLOK"│ number  │ entries│ bytes │ checksum │ entries, one after the other │ checksum      again and again
//   end     "END."│ blocks  │ entries of all │ checksum of the blocks' checksums │ checksum
//
// 1. Every number is little-endian and of fixed size, but for the lengths inside entries (seven bits a byte).
// 2. No byte is acted on before the checksum over it was compared: a damaged length asks for no memory.
// 3. A dump without its end is no dump. Blocks are numbered, and the end counts them and their entries.
// 4. The reader takes exactly the dump's bytes from the stream: several may stand one after the other.
// Byte by byte: docs/algorithms/dump_format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <string>
#include <string_view>

#include <portolan/base/error.hpp>

namespace portolan {

template <class T>
struct codec;

/// Why a dump could not be written or read: the code says what, `what()` also where and what to do.
class dump_error : public error {
 public:
  dump_error(errc code, std::uint64_t offset, const char* happened, const char* remedy) noexcept;
  dump_error(const dump_error& other) noexcept;
  dump_error& operator=(const dump_error&) = delete;

  [[nodiscard]] const char* what() const noexcept override { return text_; }
  /// The byte at which it was found, counted from the beginning of the dump.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::uint64_t offset_;
  char text_[480];
};

/// What a codec writes to: the bytes of one entry after the other.
class dump_sink {
 public:
  /// Appends `count` bytes as they are.
  void bytes(const void* from, std::size_t count) { buffer_.append(static_cast<const char*>(from), count); }
  /// Appends a number in as few bytes as it needs, for lengths.
  void length(std::uint64_t number);
  /// Appends `value` as its codec writes it.
  template <class T>
  void put(const T& value) {
    codec<T>::write(*this, value);
  }

 private:
  friend class dump_writer;
  std::string buffer_;
};

/// What a codec reads from: the bytes of one block. Reading past its end throws.
class dump_source {
 public:
  /// Takes `count` bytes as they are.
  void bytes(void* into, std::size_t count) {
    if (count > left()) refuse("an entry goes on behind the end of its block");
    if (count != 0) std::memcpy(into, buffer_.data() + at_, count);
    at_ += count;
  }
  /// Takes a number that `length` wrote, of things that take a byte or more each.
  [[nodiscard]] std::size_t length();
  /// Takes a value as its codec reads it.
  template <class T>
  [[nodiscard]] T get() {
    return codec<T>::read(*this);
  }
  /// Bytes of the block that were not taken yet.
  [[nodiscard]] std::size_t left() const noexcept { return buffer_.size() - at_; }
  /// Throws dump_error: the bytes pass their checksum, but are not what a codec writes.
  [[noreturn]] void refuse(const char* happened) const;

 private:
  friend class dump_reader;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t begins_ = 0;
};

/// Writes one dump to a stream, block by block.
class dump_writer {
 public:
  dump_writer(std::ostream& out, std::string_view types);
  dump_writer(const dump_writer&) = delete;
  dump_writer& operator=(const dump_writer&) = delete;

  /// Where the next entry's bytes go.
  [[nodiscard]] dump_sink& entry() noexcept { return block_; }
  /// The entry is whole. A full block goes out.
  void end_entry();
  /// Writes the last block and the end; the dump is whole when this returns.
  void finish();

  [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return written_; }

 private:
  static constexpr std::size_t block_bytes = std::size_t{64} * 1024;

  void send(const void* from, std::size_t count);
  void send_block();

  std::ostream& out_;
  dump_sink block_;
  std::uint64_t written_ = 0;
  std::uint64_t entries_ = 0;
  std::uint32_t entries_in_block_ = 0;
  std::uint32_t blocks_ = 0;
  std::uint32_t chain_ = 0;
};

/// Reads one dump from a stream, block by block, and believes nothing before its checksum fits.
class dump_reader {
 public:
  /// Reads the header; throws if this is no dump of these types.
  dump_reader(std::istream& in, std::string_view types);
  dump_reader(const dump_reader&) = delete;
  dump_reader& operator=(const dump_reader&) = delete;

  /// Goes to the next entry; false: the dump has ended, whole.
  [[nodiscard]] bool next_entry();
  /// Where the entry's bytes come from.
  [[nodiscard]] dump_source& entry() noexcept { return block_; }

 private:
  [[nodiscard]] bool next_block();
  void read_end();
  void take(void* into, std::size_t count, const char* part);
  void take_payload(std::size_t count);
  [[noreturn]] void damaged(std::uint64_t at, const char* part) const;

  std::istream& in_;
  dump_source block_;
  std::uint64_t read_ = 0;
  std::uint64_t entries_ = 0;
  std::uint32_t entries_left_ = 0;
  std::uint32_t blocks_ = 0;
  std::uint32_t chain_ = 0;
};

/// CRC-32C (Castagnoli) of `count` bytes, going on from `before`.
[[nodiscard]] std::uint32_t crc32c(const void* from, std::size_t count, std::uint32_t before = 0) noexcept;

}  // namespace portolan
