// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A text file that is written in blocks, each readable without the ones that never came.
//
//   file   │ gzip member: heading │ gzip member: lines │ … │ gzip member: end │     `zcat` reads them as one text
//
// 1. A block is compressed whole and then written; what lies in the file is whole blocks at all times, except while
//    one is being written. A program that dies leaves a file that is readable up to its last whole block.
// 2. A block that could not be written whole (a full disk) is cut off again; nothing is written after it.
// 3. The file never grows beyond its limit. Room for the last block is kept back.
// One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace portolan::record {

enum class write_outcome : std::uint8_t {
  written,
  over_limit,  ///< it would not fit below the limit; a smaller one might
  failed,      ///< now or before; `problem` says why
};

class trace_file {
 public:
  trace_file(const std::string& path, bool compressed, std::uint64_t limit_bytes);
  ~trace_file();
  trace_file(const trace_file&) = delete;
  trace_file& operator=(const trace_file&) = delete;

  [[nodiscard]] write_outcome write_block(std::string_view text) { return write_below(text, limit_bytes_); }
  /// As write_block, into the room that is kept back: for one block of a few hundred bytes.
  [[nodiscard]] write_outcome write_last_block(std::string_view text) {
    return write_below(text, limit_bytes_ + room_for_last_block);
  }

  /// Empty, or one sentence: what went wrong and what to do.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  static constexpr std::uint64_t room_for_last_block = 1024;

 private:
  struct compressor;

  [[nodiscard]] write_outcome write_below(std::string_view text, std::uint64_t limit_bytes);
  [[nodiscard]] bool compress(std::string_view text);
  [[nodiscard]] write_outcome fail(const char* what, int error);

  std::string path_;
  std::string problem_;
  std::string packed_;
  compressor* compressor_ = nullptr;
  std::uint64_t limit_bytes_;
  std::uint64_t size_bytes_ = 0;
  int descriptor_ = -1;
};

}  // namespace portolan::record
