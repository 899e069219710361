// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The lines of a file, plain or gzip-compressed (by its first bytes, not its name).
//
// Ends are told apart, because a trace that was cut off must not pass for a short one:
//    line         one more line; its number counts from 1
//    end          the file ended where a file may end
//    cut_off      a gzip stream ended in its middle, or its check sum is wrong
//    unreadable   the system refused; `problem` says why
// "-" is the standard input.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

struct gzFile_s;

namespace portolan::workload {

/// Something that a person must put right about an input; what() is a whole sentence, line() 0 if none is meant.
class input_error : public std::exception {
 public:
  input_error(std::string file, std::uint64_t line, const std::string& sentence);
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }

 private:
  std::string text_;
  std::uint64_t line_;
};

enum class line_outcome : std::uint8_t { line, end, cut_off, unreadable };

class line_reader {
 public:
  explicit line_reader(const std::string& file);
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;
  ~line_reader();

  /// The next line without its end; the text lasts until the next call.
  [[nodiscard]] line_outcome next();
  [[nodiscard]] std::string_view text() const noexcept { return line_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// True if the last line had no line end: it may have been cut off.
  [[nodiscard]] bool unfinished() const noexcept { return unfinished_; }

 private:
  enum class refill : std::uint8_t { more, end, cut_off, unreadable };
  [[nodiscard]] refill fill();

  gzFile_s* file_ = nullptr;
  std::string buffer_;
  std::size_t at_ = 0;
  std::string line_;
  std::uint64_t number_ = 0;
  std::string problem_;
  bool unfinished_ = false;
};

/// The whole of a file; throws input_error.
[[nodiscard]] std::string read_all(const std::string& file, std::size_t at_most_bytes);

}  // namespace portolan::workload
