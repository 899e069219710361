#include "parsers.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <portolan/map/dump.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/prove/history_drawing.hpp>
#include <portolan/prove/history_files.hpp>
#include <portolan/prove/linearize.hpp>

#include "bench/workload/allocations.hpp"
#include "bench/workload/input.hpp"
#include "bench/workload/trace.hpp"
#include "bench/workload/words.hpp"
#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/baseline.hpp"
#include "tools/portolan/matrix_options.hpp"
#include "tools/portolan/matrix_then.hpp"
#include "tools/portolan/prove.hpp"

namespace fuzz {
namespace {

namespace workload = portolan::workload;
using bytes_view = std::span<const std::uint8_t>;

struct broken_rule {
  std::string text;
};
void must(bool holds, const char* rule) {
  if (!holds) throw broken_rule{rule};
}

/// A file of these bytes that no disk sees.
class unnamed_file {
 public:
  explicit unnamed_file(bytes_view bytes) : handle_(memfd_create("fuzzed", 0)) {
    must(handle_ >= 0, "the kernel gives no file in memory");
    must(write(handle_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "the file is cut");
  }
  ~unnamed_file() { close(handle_); }
  unnamed_file(const unnamed_file&) = delete;
  unnamed_file& operator=(const unnamed_file&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(handle_); }

 private:
  int handle_;
};

std::string text_of(bytes_view bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// ---- dumps ---------------------------------------------------------------------------------------------------------

template <class K, class V>
bool load_into(const std::string& dump) {
  portolan::plain_map<K, V> map;
  std::istringstream in(dump);
  try {
    portolan::load(map, in);
  } catch (const portolan::dump_error& error) {
    must(map.empty(), "a refused dump left entries");
    must(error.offset() <= dump.size() && std::strlen(error.what()) > 20, "a refusal says neither where nor what");
    return false;
  }
  std::stringstream again;
  portolan::dump(map, again);
  portolan::plain_map<K, V> same;
  portolan::load(same, again);
  must(same.size() == map.size(), "what was loaded cannot be dumped and loaded again");
  map.for_each([&](const K& key, const V& value) {
    const auto found = same.find(key);
    must(found && *found == value, "an entry changed between two dumps");
  });
  return true;
}

void put_number(std::string& into, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) into.push_back(static_cast<char>(number >> (8 * i)));
}

/// A dump in which all is right but the one block that holds `payload`.
std::string dump_around(const std::string& types, const std::string& payload, std::uint32_t entries) {
  std::string dump = "\x89PTL\r\n\x1a\n";
  put_number(dump, 1, 4);
  put_number(dump, types.size(), 4);
  dump += types;
  put_number(dump, portolan::crc32c(dump.data(), dump.size()), 4);
  std::string block = "BLOK";
  put_number(block, 0, 4);
  put_number(block, entries, 4);
  put_number(block, payload.size(), 4);
  const std::uint32_t head = portolan::crc32c(block.data(), block.size());
  put_number(block, head, 4);
  const std::uint32_t sum = portolan::crc32c(payload.data(), payload.size());
  std::string heads;
  put_number(heads, head, 4);
  std::string sums;
  put_number(sums, sum, 4);
  std::string end = "END.";
  put_number(end, 1, 4);
  put_number(end, entries, 8);
  put_number(end, portolan::crc32c(sums.data(), sums.size(), portolan::crc32c(heads.data(), heads.size())), 4);
  put_number(end, portolan::crc32c(end.data(), end.size()), 4);
  return dump + block + payload + sums + end;
}

using parts = std::vector<std::optional<std::pair<std::string, std::uint16_t>>>;

bool read_dump(bytes_view bytes) {
  const std::string dump = text_of(bytes);
  const bool first = load_into<std::uint16_t, std::string>(dump);
  return load_into<std::string, parts>(dump) || first;
}

bool read_dump_blocks(bytes_view bytes) {
  if (bytes.empty()) return false;
  const std::string payload = text_of(bytes.subspan(1));
  const std::uint32_t entries = bytes[0] == 255 ? ~0U : bytes[0];
  const bool first = load_into<std::uint16_t, std::string>(dump_around("u16 -> string", payload, entries));
  return load_into<std::string, parts>(dump_around("string -> vector<optional<pair<string,u16>>>", payload, entries)) ||
         first;
}

// ---- what the command reads ----------------------------------------------------------------------------------------

/// @returns whether `read` accepted its input
template <class Read>
bool refuses_in_words(Read&& read) {
  try {
    read();
    return true;
  } catch (const workload::input_error& error) {
    must(std::strlen(error.what()) > 20, "a refusal says nothing");
    return false;
  }
}

bool read_trace(bytes_view bytes) {
  if (bytes.empty()) return false;
  const unnamed_file file(bytes.subspan(1));
  workload::trace_settings how;
  how.format = static_cast<workload::trace_format>(bytes[0] % 4);
  how.skip_bad = bytes[0] / 4 % 2 == 1;
  how.operations_at_most = 10'000;
  return refuses_in_words([&] {
    const workload::trace from = workload::read_trace(file.path(), how);
    must(from.events.size() <= how.operations_at_most, "more operations than were asked for");
    for (const workload::event& each : from.events) {
      must(each.op.key() < from.keys.size(), "an operation names a key that the trace has not");
    }
    for (const unsigned threads : {1U, 3U}) {
      const auto replay = workload::make_replay(from, {.threads = threads, .pace = workload::pace::recorded}, "fuzzed");
      std::size_t operations = 0;
      for (const auto& stream : replay.streams) operations += stream.size();
      must(operations == from.events.size(), "a replay loses operations");
    }
    static_cast<void>(workload::what_is_missing(from));
  });
}

bool read_words(bytes_view bytes) {
  const unnamed_file file(bytes);
  workload::words_settings how;
  how.paths = {file.path()};
  how.words_at_most = 10'000;
  return refuses_in_words([&] {
    const auto found = workload::make_words(how);
    must(found.work.key_count <= bytes.size(), "more words than bytes");
  });
}

bool read_baseline(bytes_view bytes) {
  const unnamed_file file(bytes);
  return refuses_in_words([&] {
    const auto before = portolan::tool::read_baseline(file.path());
    portolan::tool::measured_set now = before;
    const auto all = portolan::tool::compare(before, now, "fuzzed");
    static_cast<void>(portolan::tool::as_text(all));
    static_cast<void>(portolan::tool::as_json(all));
  });
}

bool read_matrix(bytes_view bytes) {
  const unnamed_file file(bytes);
  return refuses_in_words([&] { static_cast<void>(portolan::tool::read_earlier_matrix(file.path())); });
}

bool read_arguments(bytes_view bytes) {
  portolan::tool::arguments given;
  std::istringstream lines(text_of(bytes));
  for (std::string line; std::getline(lines, line) && given.size() < 40;) given.push_back(line);
  const auto advise = portolan::tool::parse_advise(given);
  const auto matrix = portolan::tool::read_matrix_options(given);
  must(advise.problem.empty() || advise.problem.size() > 10, "a problem with the arguments is not told");
  must(matrix.problem.empty() || matrix.problem.size() > 10, "a problem with the arguments is not told");
  return advise.problem.empty() || matrix.problem.empty();
}

bool read_promises(bytes_view bytes) {
  const unnamed_file file(bytes);
  return refuses_in_words([&] {
    for (const auto& each : portolan::tool::promises_in(file.path())) {
      must(!each.of.empty() && !each.says.empty(), "a promise of nothing, or of nobody");
    }
  });
}

// ---- histories -----------------------------------------------------------------------------------------------------

namespace prove = portolan::prove;

/// Written and read again: as many calls, the same answer, and from then on the same text.
void must_be_read_again(const prove::history& all, prove::verdict::answer answer, prove::history_format format,
                        const prove::check_limits& limits) {
  const prove::history again = prove::read_history(prove::write_history(all, format), format);
  must(again.size() == all.size(), "a call is lost when a history is written and read again");
  must(prove::check_linearizable(again, limits).is == answer, "a history says another thing when it is read again");
  const std::string text = prove::write_history(again, format);
  must(prove::write_history(prove::read_history(text, format), format) == text, "a history changes each time");
}

bool read_history(bytes_view bytes) {
  if (bytes.empty()) return false;
  const std::string text = text_of(bytes.subspan(1));
  const auto format = bytes[0] % 2 == 1 ? prove::history_format::edn : prove::history_format::json;
  static_cast<void>(prove::format_of(text));
  prove::history all;
  try {
    all = prove::read_history(text, format);
  } catch (const prove::history_error& error) {
    must(std::strlen(error.what()) > 20, "a refusal says nothing");
    return false;
  }
  prove::check_limits limits;
  limits.configurations = 64;
  const prove::verdict seen = prove::check_linearizable(all, limits);
  must(!seen.text().empty(), "an answer says nothing");
  if (seen.is == prove::verdict::answer::violated) must(!prove::drawn(seen, all).empty(), "nothing is drawn");
  must_be_read_again(all, seen.is, prove::history_format::edn, limits);
  must_be_read_again(all, seen.is, prove::history_format::json, limits);
  return true;
}

}  // namespace

const char* name_of(parser which) noexcept {
  static constexpr const char* names[] = {"dump",   "dump_blocks", "trace",    "words",  "baseline",
                                          "matrix", "arguments",   "promises", "history"};
  return names[static_cast<std::size_t>(which)];
}

reading read(parser which, bytes_view bytes) {
  static constexpr bool (*reads[])(bytes_view) = {read_dump,      read_dump_blocks, read_trace,
                                                  read_words,     read_baseline,    read_matrix,
                                                  read_arguments, read_promises,    read_history};
  const workload::allocation_tally before = workload::allocations_of_this_thread();
  reading said;
  try {
    said.accepted = reads[static_cast<std::size_t>(which)](bytes);
  } catch (const broken_rule& rule) {
    said.trouble = rule.text;
  } catch (const std::exception& error) {
    said.trouble = std::string("threw what is no refusal: ") + error.what();
  }
  // Sanitizer builds count nothing; there libFuzzer's -malloc_limit_mb does it.
  constexpr std::uint64_t buffers = std::uint64_t{8} << 20;
  const std::uint64_t taken = (workload::allocations_of_this_thread() - before).bytes_taken;
  if (!said.trouble && taken > buffers + 4'000 * bytes.size()) {
    said.trouble = "took " + std::to_string(taken) + " bytes of memory";
  }
  return said;
}

}  // namespace fuzz
