// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace portolan::workload {
namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;

std::string in_words(const std::string& file, std::uint64_t line, const std::string& sentence) {
  std::string text = line == 0 ? file + ": " + sentence : file + ":" + std::to_string(line) + ": " + sentence;
  // A sentence may hold a piece of the input: a zero would end it, an escape would speak to the terminal.
  for (char& each : text) {
    if ((each >= 0 && each < ' ' && each != '\n') || each == '\x7f') each = '?';
  }
  return text;
}

int open_input(const std::string& file) {
  if (file == "-") return ::dup(STDIN_FILENO);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw input_error(file, 0, std::string("cannot be opened: ") + std::strerror(errno));
  struct stat about {};
  if (::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
    ::close(descriptor);
    throw input_error(file, 0, "is a directory, a file was expected");
  }
  return descriptor;
}

}  // namespace

input_error::input_error(std::string file, std::uint64_t line, const std::string& sentence)
    : text_(in_words(file, line, sentence)), line_(line) {}

line_reader::line_reader(const std::string& file) {
  const int descriptor = open_input(file);
  file_ = ::gzdopen(descriptor, "rb");
  if (file_ == nullptr) {
    ::close(descriptor);
    throw input_error(file, 0, "cannot be read: not enough memory");
  }
  ::gzbuffer(file_, chunk_bytes);
}

line_reader::~line_reader() { ::gzclose(file_); }

line_reader::refill line_reader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + chunk_bytes);
  const int got = ::gzread(file_, buffer_.data() + before, chunk_bytes);
  buffer_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
  int code = Z_OK;
  const char* message = ::gzerror(file_, &code);
  if (got > 0 && (code == Z_OK || code == Z_STREAM_END)) return refill::more;
  if (code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    problem_ = code == Z_DATA_ERROR ? "is damaged: its compressed data is not what its check sum says"
                                    : "ends in the middle of its compressed data: it was cut off";
    return got > 0 ? refill::more : refill::cut_off;
  }
  if (got < 0) {
    problem_ = "cannot be read: " + std::string(code == Z_ERRNO ? std::strerror(errno) : message);
    return refill::unreadable;
  }
  return refill::end;
}

line_outcome line_reader::next() {
  for (std::size_t searched = at_;;) {
    if (const std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
      line_.assign(buffer_, at_, end - at_);
      if (!line_.empty() && line_.back() == '\r') line_.pop_back();
      at_ = end + 1;
      ++number_;
      return line_outcome::line;
    }
    searched = buffer_.size() - at_;
    switch (fill()) {
      case refill::more: break;
      case refill::cut_off: return line_outcome::cut_off;
      case refill::unreadable: return line_outcome::unreadable;
      case refill::end:
        if (buffer_.empty()) return line_outcome::end;
        line_ = std::exchange(buffer_, {});
        at_ = 0;
        unfinished_ = true;
        ++number_;
        return line_outcome::line;
    }
  }
}

std::string read_all(const std::string& file, std::size_t at_most_bytes) {
  const int descriptor = open_input(file);
  std::string all;
  for (;;) {
    const std::size_t before = all.size();
    if (before >= at_most_bytes) break;
    all.resize(before + std::min(chunk_bytes, at_most_bytes - before));
    const ssize_t got = ::read(descriptor, all.data() + before, all.size() - before);
    all.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int problem = errno;
      ::close(descriptor);
      throw input_error(file, 0, std::string("cannot be read: ") + std::strerror(problem));
    }
    if (got == 0) break;
  }
  ::close(descriptor);
  return all;
}

}  // namespace portolan::workload
