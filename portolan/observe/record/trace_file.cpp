// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/observe/record/trace_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

namespace portolan::record {

struct trace_file::compressor {
  z_stream stream{};
};

namespace {

/// What to do about an error of the system, by its number.
const char* remedy_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return "make its folder first";
    case EACCES:
    case EPERM:
    case EROFS: return "name a file that this user may write";
    case EISDIR: return "name a file in it";
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "free some space or lower record_options::file_bytes";
    default: return "name another file";
  }
}

/// Writes all of it; 0 or the error. `done` says how far it came.
int write_all(int descriptor, std::string_view bytes, std::size_t& done) {
  for (done = 0; done < bytes.size();) {
    const ssize_t wrote = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    if (wrote == 0) return ENOSPC;
    done += static_cast<std::size_t>(wrote);
  }
  return 0;
}

}  // namespace

trace_file::trace_file(const std::string& path, bool compressed, std::uint64_t limit_bytes)
    : path_(path), limit_bytes_(limit_bytes > room_for_last_block ? limit_bytes - room_for_last_block : 0) {
  if (compressed) {
    compressor_ = new compressor;
    // 15 + 16: the largest window, and a gzip heading. The lowest level: a trace is written beside the program.
    if (::deflateInit2(&compressor_->stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      static_cast<void>(fail("cannot be compressed", ENOMEM));
      return;
    }
  }
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    static_cast<void>(fail("cannot be opened", errno));
    return;
  }
  struct stat about {};
  if (::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode) && ::ftruncate(descriptor_, 0) != 0) {
    static_cast<void>(fail("cannot be emptied", errno));
  }
}

trace_file::~trace_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (compressor_ != nullptr) ::deflateEnd(&compressor_->stream);
  delete compressor_;
}

write_outcome trace_file::write_below(std::string_view text, std::uint64_t limit_bytes) {
  if (!problem_.empty()) return write_outcome::failed;
  if (compressor_ != nullptr && !compress(text)) return fail("cannot be compressed", ENOMEM);
  const std::string_view bytes = compressor_ != nullptr ? std::string_view(packed_) : text;
  if (size_bytes_ + bytes.size() > limit_bytes) return write_outcome::over_limit;
  std::size_t done = 0;
  if (const int error = write_all(descriptor_, bytes, done); error != 0) {
    // What is not a whole block is taken back. A pipe cannot; its reader sees a block that is cut off.
    if (done != 0 && ::ftruncate(descriptor_, static_cast<off_t>(size_bytes_)) != 0) size_bytes_ += done;
    return fail("cannot be written", error);
  }
  size_bytes_ += bytes.size();
  return write_outcome::written;
}

bool trace_file::compress(std::string_view text) {
  z_stream& stream = compressor_->stream;
  if (::deflateReset(&stream) != Z_OK) return false;
  packed_.resize(::deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed_.data());
  stream.avail_out = static_cast<uInt>(packed_.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) return false;
  packed_.resize(packed_.size() - stream.avail_out);
  return true;
}

write_outcome trace_file::fail(const char* what, int error) {
  problem_ = path_ + " " + what + ": " + std::strerror(error) + "; " + remedy_for(error);
  return write_outcome::failed;
}

}  // namespace portolan::record
