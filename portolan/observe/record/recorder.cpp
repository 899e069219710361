// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The writing thread of a recorder. What it shares with others: the figures (each an atomic of its own), the problem
// (under a lock), `stop_` and the numbers of flushes asked for and done.
#include <portolan/observe/record/recorder.hpp>

#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include <portolan/base/clock.hpp>
#include <portolan/base/hash/siphash.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/observe/record/trace_file.hpp>

namespace portolan::record {

namespace {

constexpr std::size_t block_bytes = std::size_t{256} << 10;
constexpr std::uint64_t block_age_ns = second_ns;
constexpr std::uint64_t look_every_ns = 50 * millisecond_ns;

std::uint64_t hash_of(std::string_view text, std::uint64_t secret) noexcept {
  return portolan::detail::siphash<1, 3>(secret, ~secret, text.data(), text.size());
}

void tell_standard_error(const char* sentence) {
  const std::string line = std::string("portolan: the recording has ended: ") + sentence + '\n';
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

/// Lines as they stand in a trace.
class lines {
 public:
  [[nodiscard]] std::string& text() noexcept { return text_; }

  lines& number(std::uint64_t value) {
    char digits[20];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }
  lines& signed_number(std::int64_t value) {
    char digits[20];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }
  lines& hex(std::uint64_t value) {
    constexpr const char* digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) text_ += digits[value >> shift & 15];
    return *this;
  }
  lines& words(std::string_view text) {
    text_ += text;
    return *this;
  }

  /// A text as one field: quoted where it holds a comma or a quote, what no line can hold as a backslash and its code.
  lines& field(std::string_view key) {
    bool quoted = key.empty();
    for (const char c : key) quoted |= c == ',' || c == '"';
    if (quoted) text_ += '"';
    if (key.empty()) text_ += "\\e";
    for (const char c : key) {
      const auto code = static_cast<unsigned char>(c);
      if (c == '"') {
        text_ += "\"\"";
      } else if (c == '\\') {
        text_ += "\\\\";
      } else if (code < 0x20 || code == 0x7F) {
        constexpr const char* digits = "0123456789abcdef";
        text_ += "\\x";
        text_ += digits[code >> 4];
        text_ += digits[code & 15];
      } else {
        text_ += c;
      }
    }
    if (quoted) text_ += '"';
    return *this;
  }

 private:
  std::string text_;
};

constexpr std::string_view word_of(operation what) noexcept {
  switch (what) {
    case operation::find: return "find,";
    case operation::insert: return "insert,";
    case operation::assign: return "assign,";
    case operation::erase: return "erase,";
  }
  return "find,";
}

}  // namespace

class trace_writer {
 public:
  trace_writer(const record_options& how, event_buffer& from, const char* map_name, const char* keys_are)
      : how_(how),
        from_(from),
        file_(how.file, how.compressed, how.file_bytes),
        secret_(how.key_secret != 0 ? how.key_secret : platform::random_seed()),
        began_ns_(platform::now_ns()) {
    const char* keys = how.keys == trace_keys::hashed ? "hashed" : keys_are;
    block_.words("op,key,value_bytes,microseconds,thread,result\n# portolan-trace 1: map=");
    block_.field(map_name).words(" keys=").words(keys).words(" pid=");
    block_.number(static_cast<std::uint64_t>(::getpid())).words(" began=");
    block_.number(static_cast<std::uint64_t>(::time(nullptr))).words("\n");
    put_block();
    if (!platform::start_thread(thread_, "portolan-trace", run, this)) {
      end_recording("no thread could be started; look at the limits of this process");
      return;
    }
    runs_ = true;
  }

  ~trace_writer() {
    if (from_.forked()) return;  // the thread and the file are the parent's
    // pair trace_stop: release, so that the thread takes all that was noted before.
    stop_.store(true, platform::release);
    from_.nudge();
    if (runs_) platform::join_thread(thread_);
  }
  trace_writer(const trace_writer&) = delete;
  trace_writer& operator=(const trace_writer&) = delete;

  void flush() {
    if (!runs_ || from_.forked()) return;
    // relaxed: the nudge orders it.
    const std::uint32_t wanted = flushes_asked_.fetch_add(1, platform::relaxed) + 1;
    from_.nudge();
    await(flushes_done_, [wanted](std::uint32_t done) { return static_cast<std::int32_t>(done - wanted) >= 0; });
  }

  [[nodiscard]] record_figures figures() noexcept {
    record_figures now;
    now.written = written_.load(platform::relaxed);                      // relaxed: a figure
    now.missing = from_.dropped() + unwritten_.load(platform::relaxed);  // relaxed: a figure
    now.threads = from_.sources();
    now.file_bytes = file_bytes_.load(platform::relaxed);                   // relaxed: a figure
    now.recording = recording_.load(platform::relaxed) && !from_.forked();  // relaxed: a figure
    return now;
  }

  [[nodiscard]] std::string problem() {
    if (from_.forked()) return {};  // the lock may be held by a thread that is not here
    exclusive_lock hold(problem_lock_);
    return problem_;
  }

 private:
  static void run(void* self) { static_cast<trace_writer*>(self)->loop(); }

  void loop() {
    for (;;) {
      // pair trace_stop: acquire, so that the drain below takes all that was noted before.
      const bool stopping = stop_.load(platform::acquire);
      // relaxed: await_events has ordered it.
      const std::uint32_t flush_asked = flushes_asked_.load(platform::relaxed);
      from_.drain([this](const event_view& seen) noexcept { write_down_or_end(seen); });
      // relaxed: this thread's own.
      const bool flushing = flush_asked != flushes_done_.load(platform::relaxed);
      if (stopping || flushing || platform::now_ns() - block_began_ns_ >= block_age_ns) put_block_or_end();
      if (flushing) {
        // pair await: release, so that who waited sees the figures.
        flushes_done_.store(flush_asked, platform::release);
        platform::wake_all(flushes_done_);
      }
      if (stopping) return put_end();
      from_.await_events(deadline_after_ns(look_every_ns));
    }
  }

  /// Without memory for a line the recording ends; the taking goes on, so that the figures are right.
  void write_down_or_end(const event_view& seen) noexcept {
    // relaxed: this thread's own.
    if (!recording_.load(platform::relaxed)) {
      // relaxed: a figure
      if (seen.kind >= first_user_kind) unwritten_.fetch_add(1, platform::relaxed);
      return;
    }
    try {
      write_down(seen);
    } catch (...) {
      give_block_up();
    }
  }

  void write_down(const event_view& seen) {
    if (seen.kind == static_cast<std::uint16_t>(event_kind::begins)) return;
    if (seen.kind == static_cast<std::uint16_t>(event_kind::lost)) return write_gap(seen.source, number_in(seen));
    const noted event(seen.kind);
    ++operations_in_block_;
    block_.words(word_of(event.what));
    write_key(event.form, seen);
    block_.words(",");
    if (seen.detail != no_value_bytes) block_.number(seen.detail);
    const std::uint64_t since_ns = seen.time_ns > began_ns_ ? seen.time_ns - began_ns_ : 0;
    block_.words(",").number(since_ns / microsecond_ns).words(",").number(seen.source);
    block_.words(event.how == result::hit ? ",hit\n" : ",miss\n");
    if (block_.text().size() >= block_bytes) put_block();
  }

  void put_block_or_end() noexcept {
    try {
      put_block();
    } catch (...) {
      give_block_up();
    }
  }
  void give_block_up() noexcept {
    unwritten_.fetch_add(operations_in_block_, platform::relaxed);  // relaxed: a figure
    operations_in_block_ = 0;
    block_.text().clear();
    end_recording("out of memory; lower record_options::ring_bytes");
  }

  void write_gap(std::uint32_t source, std::uint64_t number) {
    block_.words("# missing ").number(number).words(" of thread ").number(source).words("\n");
  }

  void write_key(key_form form, const event_view& seen) {
    const std::string_view bytes(reinterpret_cast<const char*>(seen.data), seen.size_bytes);
    if (how_.keys == trace_keys::hashed) {
      block_.words("h").hex(hash_of(bytes, secret_));
      return;
    }
    switch (form) {
      case key_form::unsigned_number: block_.number(number_in(seen)); return;
      case key_form::signed_number: block_.signed_number(static_cast<std::int64_t>(number_in(seen))); return;
      case key_form::hash: block_.words("h").hex(number_in(seen)); return;
      case key_form::text: block_.field(bytes); return;
    }
  }

  static std::uint64_t number_in(const event_view& seen) noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, seen.data, sizeof number);
    return number;
  }

  /// Writes the block if there is one; at the file's limit or at a problem the recording ends.
  void put_block() {
    block_began_ns_ = platform::now_ns();
    if (block_.text().empty()) return;
    // relaxed, here and below: figures, changed by this thread alone.
    const write_outcome how =
        recording_.load(platform::relaxed) ? file_.write_block(block_.text()) : write_outcome::over_limit;
    auto& figure = how == write_outcome::written ? written_ : unwritten_;
    figure.fetch_add(operations_in_block_, platform::relaxed);  // relaxed: as above
    operations_in_block_ = 0;
    file_bytes_.store(file_.size_bytes(), platform::relaxed);  // relaxed: as above
    block_.text().clear();
    switch (how) {
      case write_outcome::written: return;
      case write_outcome::over_limit: return end_recording("");
      case write_outcome::failed: return end_recording(file_.problem().c_str());
    }
  }

  /// Nobody records any more.
  void put_end() {
    // relaxed: this thread's own.
    if (recording_.load(platform::relaxed)) {
      from_.for_each_untold_drop([this](std::uint32_t source, std::uint64_t number) { write_gap(source, number); });
    }
    const record_figures all = figures();
    block_.words("# end: written=").number(all.written).words(" missing=").number(all.missing);
    block_.words(" threads=").number(all.threads).words("\n");
    const write_outcome how = file_.write_last_block(block_.text());
    file_bytes_.store(file_.size_bytes(), platform::relaxed);  // relaxed: a figure
    if (how == write_outcome::failed) end_recording(file_.problem().c_str());
  }

  void end_recording(const char* problem) noexcept {
    // relaxed: this thread's own, but for those who want to know.
    if (!recording_.exchange(false, platform::relaxed)) return;
    from_.close();
    if (*problem == '\0') return;
    try {
      {
        exclusive_lock hold(problem_lock_);
        problem_ = problem;
      }
      how_.tell != nullptr ? how_.tell(problem) : tell_standard_error(problem);
    } catch (...) {
      // No memory to say it; figures() tells that the recording has ended.
    }
  }

  const record_options how_;
  event_buffer& from_;
  trace_file file_;
  const std::uint64_t secret_;
  const std::uint64_t began_ns_;

  lines block_;
  std::uint64_t operations_in_block_ = 0;
  std::uint64_t block_began_ns_ = 0;

  mutex problem_lock_;
  std::string problem_;
  platform::atomic<std::uint64_t> written_{0};
  platform::atomic<std::uint64_t> unwritten_{0};
  platform::atomic<std::uint64_t> file_bytes_{0};
  platform::atomic<bool> recording_{true};
  platform::atomic<bool> stop_{false};
  platform::atomic<std::uint32_t> flushes_asked_{0};
  platform::atomic<std::uint32_t> flushes_done_{0};
  platform::thread_handle thread_;
  bool runs_ = false;
};

recorder::recorder(const record_options& how, const char* map_name, const char* keys_are)
    : buffer_(how.ring_bytes, how.memory_bytes), writer_(new trace_writer(how, buffer_, map_name, keys_are)) {}

recorder::~recorder() { delete writer_; }

void recorder::flush() { writer_->flush(); }
record_figures recorder::figures() noexcept { return writer_->figures(); }
std::string recorder::problem() { return writer_->problem(); }

/// Equal texts stay equal, in one trace and in two.
key_bytes recorder::long_text(std::string_view key) noexcept { return {key_form::hash, hash_of(key, 0)}; }

}  // namespace portolan::record
