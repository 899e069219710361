// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// From events to a file: each thread notes into its own ring, one thread writes.
//
//   thread ── note ──► event_buffer (base) ── drain ──► lines ── a block of them ──► trace_file
//                                             └────── thread "portolan-trace" ─────────┘
//
//   op,key,value_bytes,microseconds,thread,result
//   # portolan-trace 1: map=… keys=number pid=4711 began=1763732066
//   insert,17,8,120,1,miss             result: whether the key was there when the operation came (hit) or not (miss)
//   # missing 204 of thread 1          so many operations of that thread were dropped here
//   # end: written=1 missing=204 threads=1
//
// 1. Noting never waits, and never fails the program: what cannot be written is dropped and counted.
// 2. written + missing = noted, once the recorder has ended; while it runs, what is on its way is in neither.
// 3. A block is written when it is large or a second old; the last one when the recorder ends.
// 4. After the first problem with the file, or at its limit, nothing more is noted; the map goes on.
// 5. In the child of a fork a recorder is silent and leaves the parent's file alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <portolan/base/event_buffer.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

/// How a trace shows keys.
enum class trace_keys : std::uint8_t {
  clear,   ///< numbers and texts as they are, others by their hash
  hashed,  ///< all by a keyed hash: equal keys stay equal, nobody can read them
};

/// What a recording may cost, and where it goes.
struct record_options {
  std::string file;        ///< replaced if it is there already
  bool compressed = true;  ///< gzip; false: plain text
  trace_keys keys = trace_keys::clear;
  std::uint64_t key_secret = 0;                      ///< of `hashed`; 0: a fresh one, so that two traces do not compare
  std::size_t ring_bytes = std::size_t{256} << 10;   ///< for each thread: about 6,000 operations
  std::size_t memory_bytes = std::size_t{64} << 20;  ///< for all rings; threads beyond it are not recorded
  std::uint64_t file_bytes = std::uint64_t{1} << 30;  ///< the recording ends when the file would grow beyond
  void (*tell)(const char* sentence) = nullptr;       ///< told of the first problem, on the writing thread; null: one
                                                      ///< line on the standard error output
};

/// How far a recording is.
struct record_figures {
  std::uint64_t written = 0;  ///< operations that lie in the file
  std::uint64_t missing = 0;  ///< operations that were noted and never will
  std::uint32_t threads = 0;  ///< threads that have noted something
  std::uint64_t file_bytes = 0;
  bool recording = false;  ///< false: it has ended, at the file's limit or by a problem
};

namespace record {

enum class operation : std::uint8_t { find, insert, assign, erase };
enum class key_form : std::uint8_t { unsigned_number, signed_number, text, hash };
/// Whether the key was there when the operation came.
enum class result : std::uint8_t { miss, hit };

/// A key as bytes, good for as long as the key is.
struct key_bytes {
  key_form form;
  std::uint64_t number = 0;  // where it is no text
  std::string_view text = {};
};

inline constexpr std::uint32_t no_value_bytes = UINT32_MAX;

class trace_writer;

/// What a recorded map notes into; nobody may note while it is destroyed.
class recorder {
 public:
  /// `map_name` and `keys_are` stand in the heading.
  recorder(const record_options& how, const char* map_name, const char* keys_are);
  ~recorder();
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  void note(operation what, result how, const key_bytes& key, std::size_t value_bytes) noexcept {
    const auto kind =
        static_cast<std::uint16_t>(first_user_kind + (static_cast<unsigned>(what) | static_cast<unsigned>(how) << 2 |
                                                      static_cast<unsigned>(key.form) << 3));
    const auto bytes = value_bytes < no_value_bytes ? static_cast<std::uint32_t>(value_bytes) : no_value_bytes;
    if (key.form != key_form::text) {
      buffer_.record(kind, bytes, platform::now_ns(), &key.number, sizeof key.number);
    } else if (key.text.size() <= longest_text) [[likely]] {
      buffer_.record(kind, bytes, platform::now_ns(), key.text.data(), key.text.size());
    } else {
      note(what, how, long_text(key.text), value_bytes);
    }
  }

  /// Texts beyond this are shown by their hash.
  static constexpr std::size_t longest_text = 512;
  [[nodiscard]] static key_bytes long_text(std::string_view key) noexcept;

  /// Waits until what was noted before is written, or never will be.
  void flush();
  [[nodiscard]] record_figures figures() noexcept;
  /// Empty, or one sentence: what went wrong and what to do.
  [[nodiscard]] std::string problem();

 private:
  event_buffer buffer_;
  trace_writer* writer_;
};

/// What an event's kind holds, for who writes it down.
struct noted {
  explicit constexpr noted(std::uint16_t kind) noexcept
      : what(static_cast<operation>((kind - first_user_kind) & 3)),
        how(static_cast<result>((kind - first_user_kind) >> 2 & 1)),
        form(static_cast<key_form>((kind - first_user_kind) >> 3 & 3)) {}
  operation what;
  result how;
  key_form form;
};

}  // namespace record
}  // namespace portolan
