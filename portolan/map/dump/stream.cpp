// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How the blocks of a dump go to a stream and come back. The stream's buffer is asked directly: its state is set where
// it fails, and nothing is formatted.
#include <portolan/map/dump/stream.hpp>

#include <array>
#include <cstdio>
#include <istream>
#include <ostream>
#include <streambuf>

namespace portolan {

namespace {

// The first byte is no ASCII, the line ends show a copy that changed them, as PNG does it.
constexpr std::array<unsigned char, 8> magic{0x89, 'P', 'T', 'L', '\r', '\n', 0x1A, '\n'};
constexpr std::uint32_t newest_version = 1;
constexpr std::uint32_t longest_types = 64 * 1024;
constexpr std::size_t fixed_header_bytes = 16;
constexpr std::size_t block_header_bytes = 20;
constexpr std::size_t end_bytes = 24;
constexpr std::size_t step_bytes = std::size_t{1} << 20;
constexpr unsigned char block_mark[4] = {'B', 'L', 'O', 'K'};
constexpr unsigned char end_mark[4] = {'E', 'N', 'D', '.'};

void put_number(unsigned char* into, std::uint64_t number, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; ++i) into[i] = static_cast<unsigned char>(number >> (8 * i));
}

std::uint64_t number_at(const unsigned char* from, std::size_t bytes) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number |= std::uint64_t{from[i]} << (8 * i);
  return number;
}

constexpr std::array<std::array<std::uint32_t, 256>, 8> crc_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1U) != 0 ? 0x82F63B78U : 0U);
    tables[0][byte] = sum;
  }
  for (std::size_t next = 1; next < 8; ++next) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t sum = tables[next - 1][byte];
      tables[next][byte] = (sum >> 8) ^ tables[0][sum & 0xFFU];
    }
  }
  return tables;
}();

constexpr const char* take_another = "the dump is damaged; take another copy of it";

}  // namespace

std::uint32_t crc32c(const void* from, std::size_t count, std::uint32_t before) noexcept {
  const auto* at = static_cast<const unsigned char*>(from);
  std::uint32_t sum = ~before;
  for (; count >= 8; count -= 8, at += 8) {
    const std::uint64_t word = number_at(at, 8) ^ sum;
    sum = 0;
    for (std::size_t i = 0; i < 8; ++i) sum ^= crc_tables[7 - i][(word >> (8 * i)) & 0xFFU];
  }
  for (; count != 0; --count, ++at) sum = (sum >> 8) ^ crc_tables[0][(sum ^ *at) & 0xFFU];
  return ~sum;
}

dump_error::dump_error(errc code, std::uint64_t offset, const char* happened, const char* remedy) noexcept
    : error(code, ""), offset_(offset) {
  std::snprintf(text_, sizeof text_, "portolan: at byte %llu of the dump: %s; %s",
                static_cast<unsigned long long>(offset), happened, remedy);
}

dump_error::dump_error(const dump_error& other) noexcept : error(other), offset_(other.offset_) {
  std::memcpy(text_, other.text_, sizeof text_);
}

// ---- what codecs use -----------------------------------------------------------------------------------------------

void dump_sink::length(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) buffer_.push_back(static_cast<char>((number & 0x7F) | 0x80));
  buffer_.push_back(static_cast<char>(number));
}

std::size_t dump_source::length() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    unsigned char byte = 0;
    bytes(&byte, 1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80) != 0) continue;
    if (number > left()) refuse("a length goes beyond the end of its block");
    return static_cast<std::size_t>(number);
  }
  refuse("a length has more digits than there are");
}

void dump_source::refuse(const char* happened) const {
  throw dump_error(errc::dump_damaged, begins_ + at_, happened,
                   "its checksum fits, so it was written like this: compare the codecs of writer and reader");
}

// ---- writing -------------------------------------------------------------------------------------------------------

dump_writer::dump_writer(std::ostream& out, std::string_view types) : out_(out) {
  if (!out.good() || out.rdbuf() == nullptr) {
    throw dump_error(errc::dump_stream, 0, "the stream had failed before the first byte was written",
                     "look whether the file could be opened");
  }
  std::string header(fixed_header_bytes, '\0');
  auto* const fixed = reinterpret_cast<unsigned char*>(header.data());
  std::memcpy(fixed, magic.data(), magic.size());
  put_number(fixed + 8, newest_version, 4);
  put_number(fixed + 12, types.size(), 4);
  header.append(types);
  unsigned char sum[4];
  put_number(sum, crc32c(header.data(), header.size()), 4);
  header.append(reinterpret_cast<const char*>(sum), sizeof sum);
  send(header.data(), header.size());
}

void dump_writer::end_entry() {
  ++entries_in_block_;
  ++entries_;
  if (block_.buffer_.size() >= block_bytes || entries_in_block_ == UINT32_MAX) send_block();
}

void dump_writer::finish() {
  if (entries_in_block_ != 0) send_block();
  unsigned char end[end_bytes];
  std::memcpy(end, end_mark, 4);
  put_number(end + 4, blocks_, 4);
  put_number(end + 8, entries_, 8);
  put_number(end + 16, chain_, 4);
  put_number(end + 20, crc32c(end, 20), 4);
  send(end, sizeof end);
  if (!out_.flush().good()) {
    throw dump_error(errc::dump_stream, written_, "the stream failed when the last bytes were written",
                     "look whether the disk is full; what stands there is no whole dump, and load refuses it");
  }
}

void dump_writer::send_block() {
  std::string& payload = block_.buffer_;
  if (payload.size() > UINT32_MAX) {
    throw dump_error(errc::capacity, written_, "an entry takes more than 4 GiB",
                     "keep what is so large outside the map");
  }
  unsigned char header[block_header_bytes];
  std::memcpy(header, block_mark, 4);
  put_number(header + 4, blocks_, 4);
  put_number(header + 8, entries_in_block_, 4);
  put_number(header + 12, payload.size(), 4);
  put_number(header + 16, crc32c(header, 16), 4);
  unsigned char sum[4];
  put_number(sum, crc32c(payload.data(), payload.size()), 4);
  send(header, sizeof header);
  send(payload.data(), payload.size());
  send(sum, sizeof sum);
  chain_ = crc32c(sum, sizeof sum, crc32c(header + 16, 4, chain_));
  ++blocks_;
  entries_in_block_ = 0;
  payload.clear();
}

void dump_writer::send(const void* from, std::size_t count) {
  const auto wanted = static_cast<std::streamsize>(count);
  if (out_.rdbuf()->sputn(static_cast<const char*>(from), wanted) != wanted) {
    const dump_error failed(errc::dump_stream, written_, "the stream took no more bytes",
                            "look whether the disk is full; what stands there is no whole dump, and load refuses it");
    out_.setstate(std::ios_base::badbit);
    throw failed;
  }
  written_ += count;
}

// ---- reading -------------------------------------------------------------------------------------------------------

dump_reader::dump_reader(std::istream& in, std::string_view types) : in_(in) {
  if (!in.good() || in.rdbuf() == nullptr) {
    throw dump_error(errc::dump_stream, 0, "the stream had failed before the first byte was read",
                     "look whether the file could be opened");
  }
  std::array<unsigned char, fixed_header_bytes> fixed{};
  take(fixed.data(), magic.size(), "header");
  if (std::memcmp(fixed.data(), magic.data(), magic.size()) != 0) {
    const bool was_ours = std::memcmp(fixed.data(), magic.data(), 4) == 0;
    throw dump_error(errc::dump_foreign, 0,
                     was_ours ? "its line ends were changed on the way" : "this is no dump of a Portolan map",
                     was_ours ? "copy and open dumps in binary mode" : "look whether it is the right file");
  }
  take(fixed.data() + 8, 8, "header");
  const auto length = static_cast<std::uint32_t>(number_at(fixed.data() + 12, 4));
  if (length > longest_types) damaged(12, "header");
  std::string found(length, '\0');
  unsigned char sum[4];
  take(found.data(), length, "header");
  take(sum, sizeof sum, "header");
  if (crc32c(found.data(), length, crc32c(fixed.data(), fixed.size())) != number_at(sum, 4)) damaged(0, "header");
  if (const auto version = number_at(fixed.data() + 8, 4); version == 0 || version > newest_version) {
    char happened[96];
    std::snprintf(happened, sizeof happened, "its format is version %u, this program reads up to version %u",
                  static_cast<unsigned>(version), static_cast<unsigned>(newest_version));
    throw dump_error(errc::dump_newer, 8, happened, "read it with the release that wrote it, or a newer one");
  }
  if (found != types) {
    char happened[300];
    std::snprintf(happened, sizeof happened, "it holds `%.110s`, the map is `%.110s`", found.c_str(),
                  std::string(types).c_str());
    throw dump_error(errc::dump_types, fixed_header_bytes, happened, "load it into a map of its own types");
  }
}

bool dump_reader::next_entry() {
  if (entries_left_ == 0) {
    if (block_.left() != 0) block_.refuse("bytes are left behind the last entry of a block");
    if (!next_block()) return false;
  }
  --entries_left_;
  return true;
}

bool dump_reader::next_block() {
  const std::uint64_t begins = read_;
  unsigned char header[block_header_bytes];
  take(header, 4, "next block");
  if (std::memcmp(header, end_mark, 4) == 0) {
    read_end();
    return false;
  }
  if (std::memcmp(header, block_mark, 4) != 0) damaged(begins, "mark of a block");
  take(header + 4, block_header_bytes - 4, "block");
  if (crc32c(header, 16) != number_at(header + 16, 4)) damaged(begins, "head of a block");
  if (number_at(header + 4, 4) != blocks_) {
    throw dump_error(errc::dump_damaged, begins, "blocks are missing here, or stand in another order", take_another);
  }
  entries_left_ = static_cast<std::uint32_t>(number_at(header + 8, 4));
  if (entries_left_ == 0) damaged(begins, "number of entries in a block");
  const auto payload_bytes = static_cast<std::size_t>(number_at(header + 12, 4));
  take_payload(payload_bytes);
  unsigned char sum[4];
  take(sum, sizeof sum, "block");
  if (crc32c(block_.buffer_.data(), payload_bytes) != number_at(sum, 4)) damaged(block_.begins_, "block");
  chain_ = crc32c(sum, sizeof sum, crc32c(header + 16, 4, chain_));
  entries_ += entries_left_;
  ++blocks_;
  return true;
}

void dump_reader::read_end() {
  const std::uint64_t begins = read_ - 4;
  unsigned char end[end_bytes];
  std::memcpy(end, end_mark, 4);
  take(end + 4, end_bytes - 4, "end");
  if (crc32c(end, 20) != number_at(end + 20, 4)) damaged(begins, "end");
  if (number_at(end + 4, 4) != blocks_ || number_at(end + 8, 8) != entries_ || number_at(end + 16, 4) != chain_) {
    throw dump_error(errc::dump_damaged, begins, "the end counts other blocks than came before it", take_another);
  }
}

// As the bytes come: who says that there are 4 GiB must have them.
void dump_reader::take_payload(std::size_t count) {
  std::string& payload = block_.buffer_;
  payload.clear();
  block_.at_ = 0;
  block_.begins_ = read_;
  while (payload.size() < count) {
    const std::size_t before = payload.size();
    const std::size_t step = count - before < step_bytes ? count - before : step_bytes;
    payload.resize(before + step);
    take(payload.data() + before, step, "block");
  }
}

void dump_reader::take(void* into, std::size_t count, const char* part) {
  const auto wanted = static_cast<std::streamsize>(count);
  const std::streamsize got = in_.rdbuf()->sgetn(static_cast<char*>(into), wanted);
  read_ += static_cast<std::uint64_t>(got);
  if (got == wanted) return;
  char happened[128];
  std::snprintf(happened, sizeof happened, "it ends in the middle of its %s, %lld bytes too early", part,
                static_cast<long long>(wanted - got));
  throw dump_error(errc::dump_truncated, read_, happened,
                   "the dump was not written to its end; take another copy of it");
}

void dump_reader::damaged(std::uint64_t at, const char* part) const {
  char happened[96];
  std::snprintf(happened, sizeof happened, "the %s that begins here does not fit its checksum", part);
  throw dump_error(errc::dump_damaged, at, happened, take_another);
}

}  // namespace portolan
