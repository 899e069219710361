// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Method: whatever a recorded map is asked, the trace is read back with the reader of `portolan advise`, and must hold
// for each thread exactly what this thread did, in its order; and where something is missing, as many as are counted.
#include <portolan/observe/record.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "../../support/scale.hpp"
#include "bench/workload/input.hpp"
#include "bench/workload/reference.hpp"
#include "bench/workload/trace.hpp"

namespace {

using portolan::record_options;
using portolan::recorded;
using portolan::workload::action;
using portolan::workload::presence;

void say_nothing(const char*) {}

// A folder of its own for each test.
class scratch {
 public:
  scratch() {
    char name[] = "/tmp/portolan-record-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~scratch() {
    std::remove(file().c_str());
    ::rmdir(folder_.c_str());
  }
  [[nodiscard]] std::string file() const { return folder_ + "/trace.gz"; }
  [[nodiscard]] record_options options() const {
    record_options how;
    how.file = file();
    how.tell = say_nothing;
    return how;
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void replace(const std::string& bytes) const { std::ofstream(file(), std::ios::binary) << bytes; }

 private:
  std::string folder_;
};

struct line {
  action what;
  std::string key;
  presence before;
  std::uint32_t value_bytes;
  friend bool operator==(const line&, const line&) = default;
};
std::ostream& operator<<(std::ostream& out, const line& one) {
  return out << portolan::workload::name_of(one.what) << ' ' << one.key << ' ' << static_cast<int>(one.before) << ' '
             << one.value_bytes;
}

portolan::workload::trace read(const std::string& file) { return portolan::workload::read_trace(file, {}); }

// What each thread of a trace did.
std::vector<std::vector<line>> by_thread(const portolan::workload::trace& from) {
  std::vector<std::vector<line>> all;
  for (const auto& e : from.events) {
    if (e.thread >= all.size()) all.resize(e.thread + 1);
    all[e.thread].push_back({e.op.what(), from.keys[e.op.key()], e.before, e.op.value_bytes()});
  }
  return all;
}

std::string problem_of(const std::string& file) {
  try {
    static_cast<void>(read(file));
  } catch (const portolan::workload::input_error& error) {
    return error.what();
  }
  return "none";
}

TEST(recorded_map, writes_down_what_each_operation_came_to) {
  const scratch at;
  {
    recorded<portolan::concurrent_map<std::string, std::string>> map(at.options());
    EXPECT_FALSE(map.find("a"));
    EXPECT_TRUE(map.insert("a", "1234"));
    EXPECT_FALSE(map.insert("a", "1"));
    EXPECT_EQ(map.insert_or_assign("a", std::string(100, 'x')), portolan::assignment::assigned);
    EXPECT_TRUE(map.contains("a"));
    EXPECT_TRUE(map.visit("a", [](const std::string&) {}));
    EXPECT_TRUE(map.pin("a"));
    EXPECT_EQ(map.compute("b", [](const std::string*) { return std::string("new"); }), portolan::computed::inserted);
    map.compute("b", [](const std::string*) { return portolan::decision<std::string>(portolan::keep); });
    map.compute("b", [](const std::string*) { return portolan::decision<std::string>(portolan::erase); });
    EXPECT_EQ(*map.load_or_compute("c", [] { return std::string("12"); }), "12");
    EXPECT_EQ(*map.load_or_compute("c", [] { return std::string("other"); }), "12");
    EXPECT_EQ(map.compare_exchange("c", std::string("no"), "34"), portolan::comparison::differed);
    EXPECT_EQ(map.compare_exchange("c", std::string("12"), "3456"), portolan::comparison::matched);
    EXPECT_EQ(map.compare_erase("d", std::string("no")), portolan::comparison::absent);
    EXPECT_TRUE(map.exchange("c", "7"));
    EXPECT_TRUE(map.try_emplace("e", 5U, 'e'));
    EXPECT_EQ(*map.extract("e"), "eeeee");
    EXPECT_TRUE(map.erase("c"));
    EXPECT_FALSE(map.erase("c"));
    EXPECT_EQ(map.erase_if([](const std::string& key, const std::string&) { return key == "a"; }), 1U);
    EXPECT_TRUE(map.empty());
  }
  const auto trace = read(at.file());
  EXPECT_TRUE(trace.recorded);
  EXPECT_TRUE(trace.ended);
  EXPECT_EQ(trace.missing, 0U);
  EXPECT_TRUE(trace.has_times);
  const auto all = by_thread(trace);
  ASSERT_EQ(all.size(), 1U);
  const auto hit = presence::hit;
  const auto miss = presence::miss;
  const std::vector<line> wanted = {
      {action::find, "a", miss, 8},    {action::insert, "a", miss, 4}, {action::insert, "a", hit, 1},
      {action::assign, "a", hit, 100}, {action::find, "a", hit, 8},    {action::find, "a", hit, 100},
      {action::find, "a", hit, 100},   {action::assign, "b", miss, 8}, {action::find, "b", hit, 8},
      {action::erase, "b", hit, 8},    {action::insert, "c", miss, 2}, {action::find, "c", hit, 2},
      {action::find, "c", hit, 8},     {action::assign, "c", hit, 4},  {action::find, "d", miss, 8},
      {action::assign, "c", hit, 1},   {action::insert, "e", miss, 8}, {action::erase, "e", hit, 8},
      {action::erase, "c", hit, 8},    {action::erase, "c", miss, 8},  {action::erase, "a", hit, 8},
  };
  EXPECT_EQ(all[0], wanted);
}

TEST(recorded_map, notes_bulk_operations_key_by_key) {
  const scratch at;
  {
    recorded<portolan::concurrent_map<std::uint64_t, std::uint64_t>> map(at.options());
    map.insert(2, 4);
    const std::uint64_t keys[] = {1, 2, 3};
    EXPECT_EQ(map.find(std::span<const std::uint64_t>(keys)).size(), 3U);
    EXPECT_EQ(map.visit(std::span<const std::uint64_t>(keys), [](std::size_t, const std::uint64_t&) {}), 1U);
  }
  const auto all = by_thread(read(at.file()));
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].size(), 7U);
  for (const std::size_t first : {1U, 4U}) {
    EXPECT_EQ(all[0][first], (line{action::find, "1", presence::miss, 8}));
    EXPECT_EQ(all[0][first + 1], (line{action::find, "2", presence::hit, 8}));
    EXPECT_EQ(all[0][first + 2], (line{action::find, "3", presence::miss, 8}));
  }
}

struct point {
  int x;
  int y;
  friend bool operator==(const point&, const point&) = default;
};
struct point_hash {
  std::uint64_t operator()(const point& p) const noexcept { return static_cast<std::uint64_t>(p.x * 1000 + p.y); }
};
enum class colour : std::int8_t { red = -2, green = 5 };

TEST(recorded_map, shows_numbers_and_texts_as_they_are_and_other_keys_by_their_hash) {
  const scratch at;
  const auto only_key = [&] { return read(at.file()).keys.at(0); };
  {
    recorded<portolan::concurrent_map<std::int64_t, int>> map(at.options());
    map.insert(-17, 1);
  }
  EXPECT_EQ(only_key(), "-17");
  {
    recorded<portolan::concurrent_map<std::uint64_t, int>> map(at.options());
    map.insert(~std::uint64_t{0}, 1);
  }
  EXPECT_EQ(only_key(), "18446744073709551615");
  {
    recorded<portolan::concurrent_map<colour, int>> map(at.options());
    map.insert(colour::red, 1);
  }
  EXPECT_EQ(only_key(), "-2");
  {
    recorded<portolan::concurrent_map<point, int, point_hash, std::equal_to<point>>> map(at.options());
    map.insert(point{1, 2}, 1);
  }
  EXPECT_EQ(only_key(), "h00000000000003ea");
}

TEST(recorded_map, texts_come_back_byte_by_byte_whatever_they_hold) {
  const scratch at;
  std::vector<std::string> keys = {"",
                                   "a,b",
                                   "say \"x\"",
                                   "line\nbreak\r",
                                   std::string("nul\0here", 8),
                                   "back\\slash\\e",
                                   "\\e",
                                   "\\",
                                   "# not a comment",
                                   "\"",
                                   ",",
                                   "umläute",
                                   " ",
                                   std::string(512, 'k')};
  for (int c = 0; c < 256; ++c) keys.push_back(std::string(1, static_cast<char>(c)) + "-");
  {
    recorded<portolan::sync_map<std::string, int>> map(at.options());
    for (const auto& key : keys) map.insert(key, 1);
    map.insert(std::string(513, 'k'), 1);
  }
  const auto trace = read(at.file());
  ASSERT_EQ(trace.keys.size(), keys.size() + 1);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(trace.keys[i], keys[i]);
  EXPECT_EQ(trace.keys.back().size(), 17U) << "a text too long for a line is shown by its hash";
}

TEST(recorded_map, a_key_that_the_operation_moves_away_or_ends_is_noted_as_it_was) {
  const scratch at;
  struct session {
    std::string id;
  };
  {
    recorded<portolan::sync_map<std::string, session>> map(at.options());
    session mine{"the key lies in the value, which is moved"};
    map.insert(mine.id, std::move(mine));
    std::string key = "a key that is moved itself, and long enough for it to show";
    map.insert(std::move(key), session{});
    auto owned = std::make_unique<std::string>("a key that the visitor destroys");
    map.insert(*owned, session{});
    map.visit(*owned, [&](const session&) { owned.reset(); });
  }
  const auto trace = read(at.file());
  ASSERT_EQ(trace.keys.size(), 3U);
  EXPECT_EQ(trace.keys[0], "the key lies in the value, which is moved");
  EXPECT_EQ(trace.keys[1], "a key that is moved itself, and long enough for it to show");
  EXPECT_EQ(trace.keys[2], "a key that the visitor destroys");
  EXPECT_EQ(trace.events.size(), 4U);
}

TEST(recorded_map, hashed_keys_stay_equal_and_are_nowhere_in_the_file) {
  const scratch at;
  const auto keys_under = [&](std::uint64_t secret) {
    record_options how = at.options();
    how.keys = portolan::trace_keys::hashed;
    how.key_secret = secret;
    how.compressed = false;
    {
      recorded<portolan::concurrent_map<std::string, int>> map(how);
      map.insert("alice@example.com", 1);
      map.insert("bob@example.com", 1);
      EXPECT_TRUE(map.contains("alice@example.com"));
    }
    EXPECT_EQ(at.bytes().find("example"), std::string::npos);
    return read(at.file()).keys;
  };
  const auto once = keys_under(7);
  ASSERT_EQ(once.size(), 2U);
  EXPECT_EQ(keys_under(7), once) << "the same secret";
  EXPECT_NE(keys_under(8), once);
  EXPECT_NE(keys_under(0), keys_under(0)) << "a fresh secret each time";
}

TEST(recorded_map, wraps_a_standard_map_too) {
  const scratch at;
  {
    recorded<std::unordered_map<std::string, int>> map(at.options());
    EXPECT_EQ(map.find("a"), map.end());
    map["a"] = 1;
    map["a"] += 1;
    EXPECT_FALSE(map.insert({"a", 3}).second);
    EXPECT_TRUE(map.try_emplace("b", 4).second);
    EXPECT_FALSE(map.insert_or_assign("b", 5).second);
    EXPECT_EQ(map.find("b")->second, 5);
    EXPECT_EQ(map.erase("b"), 1U);
    EXPECT_EQ(map.erase("b"), 0U);
    EXPECT_EQ(map.size(), 1U);
    recorded<std::map<int, int>> ordered(record_options{"/dev/null"});
    ordered.insert_or_assign(1, 2);
    EXPECT_EQ(ordered.begin()->second, 2);
  }
  const auto all = by_thread(read(at.file()));
  const auto hit = presence::hit;
  const auto miss = presence::miss;
  const std::vector<line> wanted = {
      {action::find, "a", miss, 8},  {action::assign, "a", miss, 4}, {action::assign, "a", hit, 4},
      {action::insert, "a", hit, 4}, {action::insert, "b", miss, 4}, {action::assign, "b", hit, 4},
      {action::find, "b", hit, 4},   {action::erase, "b", hit, 8},   {action::erase, "b", miss, 8}};
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], wanted);
}

// Each thread writes keys that name it, and keys that all share; what it did it keeps itself.
TEST(recorded_map, of_many_threads_gives_each_thread_what_it_did_in_its_order) {
  const scratch at;
  constexpr std::uint64_t threads = 4;
  const std::uint64_t each = support::scaled(20'000U);
  std::vector<std::vector<line>> did(threads);
  record_options how = at.options();
  how.ring_bytes = 8 << 20;  // so that nothing is dropped
  how.memory_bytes = 64 << 20;
  {
    recorded<portolan::concurrent_map<std::uint64_t, std::uint64_t>> map(how);
    std::vector<std::thread> team;
    for (std::uint64_t t = 0; t < threads; ++t) {
      team.emplace_back([&, t] {
        std::mt19937_64 chance(t);
        const auto done = [&](action what, std::uint64_t key, bool there, std::uint32_t bytes) {
          did[t].push_back({what, std::to_string(key), there ? presence::hit : presence::miss, bytes});
        };
        for (std::uint64_t i = 0; i < each; ++i) {
          const std::uint64_t key = i == 0 ? 1'000'000 + t : chance() % 500;
          switch (i == 0 ? 1 : chance() % 4) {
            case 0: done(action::find, key, map.find(key).has_value(), 8); break;
            case 1: done(action::insert, key, !map.insert(key, i), 8); break;
            case 2: done(action::assign, key, map.insert_or_assign(key, i) == portolan::assignment::assigned, 8); break;
            case 3: done(action::erase, key, map.erase(key), 8); break;
          }
        }
      });
    }
    for (auto& one : team) one.join();
    map.flush_recording();
    EXPECT_EQ(map.recording().written, threads * each);
    EXPECT_EQ(map.recording().missing, 0U);
    EXPECT_EQ(map.recording().threads, threads);
    EXPECT_TRUE(map.recording().recording);
  }
  const auto trace = read(at.file());
  EXPECT_EQ(trace.events.size(), threads * each);
  const auto seen = by_thread(trace);
  ASSERT_EQ(seen.size(), threads);
  for (const auto& one : seen) {
    const std::size_t t = std::stoull(one.at(0).key) - 1'000'000;
    EXPECT_EQ(one, did.at(t)) << "thread " << t;
  }
  std::uint64_t before_us = 0;
  for (const auto& e : trace.events) {
    EXPECT_GE(e.time_us, before_us);
    before_us = e.time_us;
  }
}

TEST(recorded_map, written_and_missing_come_to_what_was_done_however_fast_it_was) {
  const scratch at;
  constexpr std::uint64_t threads = 3;
  const std::uint64_t each = support::scaled(150'000U);
  record_options how = at.options();
  how.ring_bytes = 1;  // the smallest there is
  portolan::record_figures last;
  {
    recorded<portolan::concurrent_map<std::uint64_t, std::uint64_t>> map(how);
    std::vector<std::thread> team;
    for (std::uint64_t t = 0; t < threads; ++t) {
      team.emplace_back([&] {
        for (std::uint64_t i = 0; i < each; ++i) static_cast<void>(map.contains(i));
      });
    }
    for (auto& one : team) one.join();
    map.flush_recording();
    last = map.recording();
  }
  EXPECT_EQ(last.written + last.missing, threads * each);
  EXPECT_GT(last.missing, 0U) << "this test means to outrun the writer";
  const auto trace = read(at.file());
  EXPECT_EQ(trace.events.size(), last.written);
  EXPECT_EQ(trace.missing, last.missing);
  EXPECT_NE(portolan::workload::what_is_missing(trace).find("are missing"), std::string::npos);
}

TEST(recorded_map, never_grows_its_file_beyond_the_limit_and_counts_the_rest) {
  const scratch at;
  for (const bool compressed : {true, false}) {
    record_options how = at.options();
    how.compressed = compressed;
    how.file_bytes = 200'000;
    how.ring_bytes = 16 << 20;
    const std::uint64_t operations = 200'000;
    std::mt19937_64 chance(3);
    {
      recorded<portolan::concurrent_map<std::uint64_t, std::uint64_t>> map(how);
      for (std::uint64_t i = 0; i < operations; ++i) {
        static_cast<void>(map.contains(chance()));
        if (i % 1'000 == 0) map.flush_recording();
      }
      EXPECT_FALSE(map.recording().recording);
      EXPECT_EQ(map.recording_problem(), "") << "a limit is no problem";
      EXPECT_EQ(map.recording().written + map.recording().missing, operations);
      EXPECT_GT(map.recording().written, 1'000U);
    }
    struct stat about {};
    ASSERT_EQ(::stat(at.file().c_str(), &about), 0);
    EXPECT_LE(about.st_size, 200'000);
    EXPECT_GT(about.st_size, 100'000);
    const auto trace = read(at.file());
    EXPECT_TRUE(trace.ended);
    EXPECT_EQ(trace.events.size() + trace.missing, operations);
  }
}

TEST(recorded_map, threads_beyond_the_memory_limit_are_counted_not_recorded) {
  const scratch at;
  record_options how = at.options();
  how.ring_bytes = 64 << 10;
  how.memory_bytes = 64 << 10;
  {
    recorded<portolan::concurrent_map<int, int>> map(how);
    map.insert(1, 1);
    std::thread([&] {
      for (int i = 0; i < 10; ++i) static_cast<void>(map.find(1));
    }).join();
  }
  const auto trace = read(at.file());
  EXPECT_EQ(trace.events.size(), 1U);
  EXPECT_EQ(trace.missing, 10U);
}

// ---- files that cannot be written ----

template <class Spoil>
std::string problem_with(const std::string& file, Spoil&& spoil) {
  record_options how;
  how.file = file;
  how.tell = say_nothing;
  recorded<portolan::concurrent_map<int, int>> map(how);
  spoil();
  EXPECT_TRUE(map.insert(1, 2)) << "the map goes on";
  map.flush_recording();
  EXPECT_EQ(*map.find(1), 2);
  EXPECT_FALSE(map.recording().recording);
  EXPECT_EQ(map.recording().written, 0U);
  EXPECT_GE(map.recording().missing, 1U);
  return map.recording_problem();
}

TEST(recorded_map, whose_file_cannot_be_written_goes_on_and_says_what_to_do) {
  const auto nothing = [] {};
  EXPECT_EQ(problem_with("/no/such/folder/trace.gz", nothing),
            "/no/such/folder/trace.gz cannot be opened: No such file or directory; make its folder first");
  EXPECT_EQ(problem_with("/tmp", nothing), "/tmp cannot be opened: Is a directory; name a file in it");
  EXPECT_EQ(
      problem_with("/dev/full", nothing),
      "/dev/full cannot be written: No space left on device; free some space or lower record_options::file_bytes");
  EXPECT_EQ(problem_with("/etc/passwd/trace.gz", nothing),
            "/etc/passwd/trace.gz cannot be opened: Not a directory; make its folder first");
}

std::string told;
TEST(recorded_map, tells_of_the_first_problem_once) {
  record_options how;
  how.file = "/dev/full";
  how.tell = [](const char* sentence) { told += sentence; };
  {
    recorded<portolan::concurrent_map<int, int>> map(how);
    for (int i = 0; i < 100; ++i) map.insert(i, i);
    map.flush_recording();
  }
  EXPECT_EQ(
      told,
      "/dev/full cannot be written: No space left on device; free some space or lower record_options::file_bytes");
}

// A disk that becomes full in the middle of a block: here a limit on the size of this process's files.
TEST(recorded_map, on_a_disk_that_becomes_full_leaves_whole_blocks_behind) {
  const scratch at;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  record_options how = at.options();
  portolan::record_figures last;
  std::mt19937_64 chance(5);
  {
    recorded<portolan::concurrent_map<std::uint64_t, int>> map(how);
    for (int i = 0; i < 500; ++i) static_cast<void>(map.contains(chance()));
    map.flush_recording();
    rlimit small = before;
    small.rlim_cur = map.recording().file_bytes + 100;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 500; ++i) static_cast<void>(map.contains(chance()));
    map.flush_recording();
    last = map.recording();
    EXPECT_NE(map.recording_problem().find("cannot be written: File too large; free some space"), std::string::npos);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(last.written, 500U);
  EXPECT_EQ(last.missing, 500U);
  const auto trace = read(at.file());
  EXPECT_EQ(trace.events.size(), 500U) << "what was written before is readable to its last line";
  EXPECT_FALSE(trace.ended);
  EXPECT_NE(portolan::workload::what_is_missing(trace).find("no end"), std::string::npos);
}

// ---- ends of threads, of the program, of the process ----

TEST(recorded_map, has_all_of_threads_that_ended_long_ago) {
  const scratch at;
  constexpr int threads = 100;
  {
    recorded<portolan::concurrent_map<int, int>> map(at.options());
    for (int t = 0; t < threads; ++t) {
      std::thread([&] {
        map.insert(t, t);
        map.erase(t);
      }).join();
    }
  }
  const auto all = by_thread(read(at.file()));
  ASSERT_EQ(all.size(), static_cast<std::size_t>(threads));
  for (const auto& one : all) {
    ASSERT_EQ(one.size(), 2U);
    EXPECT_EQ(one[0].key, one[1].key);
  }
}

TEST(recorded_map, of_a_program_that_is_killed_is_readable_up_to_its_last_block) {
  if (!support::fork_under_threads_works) GTEST_SKIP() << "the sanitizers do not survive a fork under threads";
  const scratch at;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    recorded<portolan::concurrent_map<int, int>> map(at.options());
    for (int i = 0; i < 1'000; ++i) map.insert(i, i);
    map.flush_recording();
    for (int i = 0; i < 10; ++i) map.erase(i);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto trace = read(at.file());
  EXPECT_EQ(trace.events.size(), 1'000U);
  EXPECT_FALSE(trace.ended);
}

TEST(recorded_map, in_a_forked_child_is_silent_and_leaves_the_file_to_the_parent) {
  if (!support::fork_under_threads_works) GTEST_SKIP() << "the sanitizers do not survive a fork under threads";
  const scratch at;
  {
    recorded<portolan::concurrent_map<int, int>> map(at.options());
    map.insert(1, 1);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      map.insert(2, 2);
      map.flush_recording();
      const bool right =
          map.contains(1) && map.contains(2) && !map.recording().recording && map.recording_problem().empty();
      map.~recorded();
      _exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    map.insert(3, 3);
  }
  const auto trace = read(at.file());
  EXPECT_EQ(trace.keys, (std::vector<std::string>{"1", "3"}));
  EXPECT_TRUE(trace.ended);
}

// ---- reading back ----

TEST(recorded_trace, that_was_cut_or_damaged_is_refused_with_what_to_do) {
  const scratch at;
  {
    recorded<portolan::concurrent_map<std::uint64_t, int>> map(at.options());
    std::mt19937_64 chance(1);
    for (int i = 0; i < 2'000; ++i) map.insert(chance(), i);
  }
  const std::string whole = at.bytes();
  at.replace(whole.substr(0, whole.size() / 2));
  EXPECT_NE(problem_of(at.file()).find("was cut off (--skip-bad uses the good lines)"), std::string::npos);
  std::string damaged = whole;
  for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 40; ++i) damaged[i] = static_cast<char>(~damaged[i]);
  at.replace(damaged);
  EXPECT_NE(problem_of(at.file()), "none");
}

TEST(recorded_trace, of_a_later_version_is_refused) {
  const scratch at;
  at.replace("op,key,value_bytes,microseconds,thread,result\n# portolan-trace 2: map= keys=number\nfind,1,8,1,1,hit\n");
  EXPECT_NE(problem_of(at.file()).find(":2: is a recording of version 2; this portolan reads up to 1"),
            std::string::npos);
}

TEST(recorded_trace, of_a_key_with_an_unknown_escape_is_a_bad_line) {
  const scratch at;
  at.replace("# portolan-trace 1: map= keys=text\nfind,a\\q,8,1,1,hit\n");
  EXPECT_NE(problem_of(at.file()).find(":2: expected \\e, \\\\ or \\x"), std::string::npos);
}

portolan::workload::workload replay_of(const portolan::workload::trace& from, unsigned threads) {
  return portolan::workload::make_replay(from, {.threads = threads}, "test");
}

TEST(recorded_trace, is_replayed_with_each_thread_in_its_order_on_one_thread) {
  const scratch at;
  std::string text = "op,key,value_bytes,microseconds,thread,result\n# portolan-trace 1: map= keys=number\n";
  for (int i = 0; i < 999; ++i) {
    const int thread = i * 7 % 5 + 1;
    text += (i % 3 == 0   ? "find,"
             : i % 3 == 1 ? "assign,"
                          : "erase,") +
            std::to_string(i % 10) + "," + std::to_string(1'000 + i) + "," + std::to_string(i) + "," +
            std::to_string(thread) + ",hit\n";
  }
  at.replace(text + "# end: written=999 missing=0 threads=5\n");
  const auto trace = read(at.file());
  const auto work = replay_of(trace, 2);
  ASSERT_EQ(work.threads(), 2U);
  EXPECT_TRUE(work.writers_share_keys);
  std::map<std::uint32_t, unsigned> thread_at;
  std::vector<std::size_t> next(2);
  for (const auto& e : trace.events) {
    const unsigned on = e.thread % 2;
    ASSERT_LT(next[on], work.streams[on].size());
    const auto op = work.streams[on][next[on]++];
    EXPECT_EQ(op.key(), e.op.key());
    EXPECT_EQ(op.what(), e.op.what());
  }
}

TEST(recorded_trace, says_of_each_key_whether_it_was_there_before) {
  const scratch at;
  at.replace(
      "# portolan-trace 1: map= keys=text\nfind,absent,,1,1,miss\ninsert,absent,8,2,1,miss\ninsert,there,8,3,1,hit\n"
      "erase,gone,,4,1,miss\nfind,read,8,5,1,hit\n");
  const auto work = replay_of(read(at.file()), 1);
  std::vector<std::string> start;
  for (const auto op : work.start) start.push_back(work.texts[op.key()]);
  EXPECT_EQ(start, (std::vector<std::string>{"there", "read"}));
}

// ---- what may be left under keys that several threads write ----

// Answers with a fixed content.
class left_behind : public portolan::workload::subject {
 public:
  explicit left_behind(std::vector<portolan::workload::content> all) : all_(std::move(all)) {}
  [[nodiscard]] const char* map_type() const override { return "left_behind"; }
  void execute(const portolan::workload::batch&, portolan::workload::outcome&) override {}
  void fill(std::span<const portolan::workload::operation>) override {}
  std::uint64_t size() override { return all_.size(); }
  void contents(const std::function<void(const portolan::workload::content&)>& f) override {
    for (const auto& one : all_) f(one);
  }

 private:
  std::vector<portolan::workload::content> all_;
};

class contested : public testing::Test {
 protected:
  // Thread 0: assign 0, insert 0, find 0. Thread 1: assign 0, erase 0. Key 1 is thread 0's alone, key 2 nobody's.
  contested() {
    using portolan::workload::operation;
    work.key_count = 3;
    work.writers_share_keys = true;
    work.streams = {{operation(action::assign, 0, 8), operation(action::insert, 0, 8), operation(action::assign, 1, 8)},
                    {operation(action::assign, 0, 8), operation(action::erase, 0)}};
  }
  std::string verdict(std::vector<std::uint64_t> executed, std::vector<std::pair<std::uint32_t, std::uint64_t>> left) {
    std::vector<portolan::workload::content> all;
    for (const auto& [key, write] : left) all.push_back({key, portolan::workload::stamp_of(key, write), 8});
    left_behind map(all);
    return portolan::workload::reference(work, executed).difference(map, portolan::workload::outcome{});
  }
  portolan::workload::workload work;
};

TEST_F(contested, keys_hold_what_one_of_their_writers_can_have_left_last) {
  EXPECT_EQ(verdict({3, 2}, {{0, 1}, {1, 3}}), "") << "thread 0's assign";
  EXPECT_EQ(verdict({3, 2}, {{0, 2}, {1, 3}}), "") << "thread 0's insert";
  EXPECT_EQ(verdict({3, 2}, {{1, 3}}), "") << "nothing: thread 1 erased last";
  EXPECT_EQ(verdict({4, 2}, {{0, 4}, {1, 3}}), "") << "thread 0's assign of its second pass";
  EXPECT_EQ(verdict({0, 0}, {}), "");
}

TEST_F(contested, keys_that_hold_anything_else_are_refused) {
  EXPECT_NE(verdict({4, 2}, {{0, 1}, {1, 3}}), "") << "thread 0 assigned later";
  EXPECT_NE(verdict({3, 2}, {{0, 3}, {1, 3}}), "") << "that was a write to another key";
  EXPECT_NE(verdict({1, 0}, {{0, 2}}), "") << "that write was not executed";
  EXPECT_NE(verdict({3, 1}, {{1, 3}}), "") << "lost: nobody has erased it";
  EXPECT_NE(verdict({3, 2}, {{0, 1}}), "") << "lost: key 1 is not contested";
  EXPECT_NE(verdict({3, 2}, {{0, 0}, {1, 3}}), "") << "it was not there at the start";
  EXPECT_NE(verdict({3, 2}, {{1, 3}, {2, 1}}), "") << "nobody put key 2 there";
}

}  // namespace
