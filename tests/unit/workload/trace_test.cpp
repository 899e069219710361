// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/trace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>

#include "bench/workload/input.hpp"

namespace {

using namespace portolan::workload;

// A file of its own for each test, removed at the end.
class scratch_file {
 public:
  explicit scratch_file(const std::string& content) {
    char name[] = "/tmp/portolan-trace-XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~scratch_file() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string gzipped(const std::string& plain) {
  const scratch_file target("");
  gzFile file = ::gzopen(target.path().c_str(), "wb");
  ::gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  ::gzclose(file);
  std::ifstream in(target.path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

trace read(const std::string& content, trace_settings how = {}) {
  const scratch_file file(content);
  return read_trace(file.path(), how);
}

std::string problem_of(const std::string& content, trace_settings how = {}) {
  const scratch_file file(content);
  try {
    (void)read_trace(file.path(), how);
  } catch (const input_error& error) {
    const std::string text = error.what();
    return text.substr(std::min(text.size(), file.path().size()));  // without the name, which changes
  }
  return "no problem";
}

std::string work_key(const workload& work, std::size_t at) { return work.texts.at(work.start.at(at).key()); }

action action_of(const parsed_line& line) { return line.operations.at(0).what; }

TEST(csv_line, has_an_operation_and_a_key_and_maybe_more) {
  const parsed_line full = parse_csv("set,user:17,120,15023,worker-3", 5);
  ASSERT_EQ(full.operations.size(), 1u);
  EXPECT_EQ(action_of(full), action::assign);
  EXPECT_EQ(full.operations[0].key, "user:17");
  EXPECT_EQ(full.operations[0].value_bytes, 120u);
  EXPECT_EQ(full.time_us, 15023u);
  EXPECT_EQ(full.thread, "worker-3");
  EXPECT_EQ(action_of(parse_csv("GET,a", 1)), action::find);
  EXPECT_EQ(action_of(parse_csv("delete,a", 1)), action::erase);
  EXPECT_EQ(action_of(parse_csv("insert,a", 1)), action::insert);
}

TEST(csv_line, quotes_hold_commas_and_quotes) {
  EXPECT_EQ(parse_csv(R"(get,"a, ""b"" c")", 1).operations.at(0).key, "a, \"b\" c");
  EXPECT_NE(parse_csv(R"(get,"a)", 1).expected.find("not closed"), std::string::npos);
}

TEST(csv_line, comments_empty_lines_and_a_heading_are_about_no_key) {
  for (const char* line : {"", "# a comment", "op,key,value_bytes"}) {
    EXPECT_TRUE(parse_csv(line, 1).operations.empty()) << line;
    EXPECT_EQ(parse_csv(line, 1).expected, "") << line;
  }
  EXPECT_NE(parse_csv("op,key", 2).expected, "") << "a heading is one in the first line only";
}

TEST(csv_line, a_bad_one_says_what_was_expected) {
  EXPECT_NE(parse_csv("get", 1).expected.find("op,key"), std::string::npos);
  EXPECT_NE(parse_csv("frob,a", 1).expected.find("\"frob\""), std::string::npos);
  EXPECT_NE(parse_csv("get,", 1).expected.find("a key"), std::string::npos);
  EXPECT_NE(parse_csv("set,a,many", 1).expected.find("size in bytes"), std::string::npos);
  EXPECT_NE(parse_csv("set,a,1,soon", 1).expected.find("microseconds"), std::string::npos);
  EXPECT_NE(parse_csv("set,a,1,2,3,4", 1).expected.find("hit or miss"), std::string::npos);
  EXPECT_NE(parse_csv("set,a,1,2,3,hit,5", 1).expected.find("7 fields"), std::string::npos);
}

TEST(twitter_line, has_seven_columns_and_keys_may_hold_commas) {
  const parsed_line line = parse_twitter("17,a,b:c,5,300,8,set,3600");
  ASSERT_EQ(line.operations.size(), 1u) << line.expected;
  EXPECT_EQ(line.operations[0].key, "a,b:c");
  EXPECT_EQ(line.operations[0].value_bytes, 300u);
  EXPECT_EQ(line.time_us, 17'000'000u);
  EXPECT_EQ(line.thread, "8");
  EXPECT_EQ(action_of(parse_twitter("0,k,1,0,1,gets,0")), action::find);
  EXPECT_EQ(action_of(parse_twitter("0,k,1,9,1,add,0")), action::insert);
  EXPECT_NE(parse_twitter("0,k,1,9,1,frob,0").expected.find("sixth"), std::string::npos);
  EXPECT_NE(parse_twitter("0,k,1,9").expected.find("seven columns"), std::string::npos);
}

TEST(redis_line, is_a_command_with_quoted_arguments) {
  const parsed_line line =
      parse_redis(R"(1700000000.000123 [0 127.0.0.1:52110] "SET" "user:17" "{\"n\":\"\x00x\"}" "EX" "60")");
  ASSERT_EQ(line.operations.size(), 1u) << line.expected;
  EXPECT_EQ(action_of(line), action::assign);
  EXPECT_EQ(line.operations[0].key, "user:17");
  EXPECT_EQ(line.operations[0].value_bytes, 10u) << "the value alone, not the options";
  EXPECT_EQ(line.time_us, 1'700'000'000'000'123u);
  EXPECT_EQ(line.thread, "0 127.0.0.1:52110");
}

TEST(redis_line, a_command_on_many_keys_is_many_operations) {
  EXPECT_EQ(parse_redis(R"(1.5 [0 c] "mget" "a" "b" "c")").operations.size(), 3u);
  const parsed_line mset = parse_redis(R"(1.5 [0 c] "MSET" "a" "12345" "b" "1")");
  ASSERT_EQ(mset.operations.size(), 2u);
  EXPECT_EQ(mset.operations[0].value_bytes, 5u);
  EXPECT_EQ(mset.operations[1].key, "b");
  EXPECT_EQ(parse_redis(R"(1.5 [0 c] "DEL" "a" "b")").operations.at(1).what, action::erase);
  EXPECT_EQ(parse_redis(R"(1.5 [0 c] "SETEX" "a" "60" "1234")").operations.at(0).value_bytes, 4u);
}

TEST(redis_line, keys_may_be_any_bytes) {
  EXPECT_EQ(parse_redis(R"(1.5 [0 c] "get" "\xff\n\\")").operations.at(0).key, std::string("\xff\n\\"));
}

TEST(redis_line, commands_about_no_key_are_no_mistake) {
  for (const char* line : {R"(1.5 [0 c] "PING")", R"(1.5 [0 lua] "publish" "channel" "x")", "OK", ""}) {
    EXPECT_TRUE(parse_redis(line).operations.empty()) << line;
    EXPECT_EQ(parse_redis(line).expected, "") << line;
  }
}

TEST(redis_line, a_truncated_one_says_so) {
  EXPECT_NE(parse_redis(R"(1.5 [0 c] "get" "a)").expected.find("cut off"), std::string::npos);
  EXPECT_NE(parse_redis("17000").expected.find("MONITOR"), std::string::npos);
  EXPECT_NE(parse_redis("1.5 [0 c").expected.find("db client"), std::string::npos);
}

TEST(trace, the_format_is_found_out) {
  EXPECT_EQ(read("get,a\nset,b,5\n").format, trace_format::csv);
  EXPECT_EQ(read("OK\n1.5 [0 c] \"get\" \"a\"\n").format, trace_format::redis);
  EXPECT_EQ(read("1,k,1,9,1,get,0\n").format, trace_format::twitter);
  EXPECT_NE(problem_of("hello world\n").find(":1: expected a line of one of the formats"), std::string::npos);
}

TEST(trace, keys_are_numbered_and_events_keep_their_order) {
  const trace t = read("set,a,5,100,x\nget,b,,90,y\ndel,a,,200,x\n");
  EXPECT_EQ(t.keys, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(t.events.size(), 3u);
  EXPECT_EQ(t.events[1].op.key(), 1u);
  EXPECT_EQ(t.events[1].time_us, 0u) << "a clock that steps back stands still";
  EXPECT_EQ(t.events[2].time_us, 100u);
  EXPECT_EQ(t.events[0].thread, t.events[2].thread);
  EXPECT_TRUE(t.has_times);
  EXPECT_TRUE(t.has_value_bytes);
}

TEST(trace, a_bad_line_is_named_by_its_number) {
  EXPECT_NE(problem_of("get,a\nget,b\nfrob,c\n").find(":3: expected an operation"), std::string::npos);
}

TEST(trace, skip_bad_uses_the_good_lines_and_counts_the_others) {
  const trace t = read("get,a\nfrob\nget,b\nx,y\n", {.skip_bad = true});
  EXPECT_EQ(t.events.size(), 2u);
  EXPECT_EQ(t.bad_lines, 2u);
  ASSERT_EQ(t.first_bad.size(), 2u);
  EXPECT_NE(t.first_bad[0].find(":2: "), std::string::npos);
}

TEST(trace, a_last_line_without_its_end_is_read_and_judged_like_any) {
  EXPECT_EQ(read("get,a\nget,b").events.size(), 2u);
  EXPECT_NE(problem_of("get,a\nse").find(":2: "), std::string::npos);
}

TEST(trace, compressed_reads_like_plain) {
  std::string plain;
  for (int i = 0; i < 50'000; ++i) plain += "set,key" + std::to_string(i % 777) + ",100\n";
  const trace t = read(gzipped(plain));
  EXPECT_EQ(t.events.size(), 50'000u);
  EXPECT_EQ(t.keys.size(), 777u);
}

TEST(trace, a_truncated_gz_is_an_error_and_its_good_lines_can_be_used) {
  std::string plain;
  for (int i = 0; i < 50'000; ++i) plain += "get,k" + std::to_string(i * 7919 % 50'021) + "\n";
  const std::string whole = gzipped(plain);
  const std::string half = whole.substr(0, whole.size() / 2);
  const std::string problem = problem_of(half);
  EXPECT_NE(problem.find("cut off"), std::string::npos) << problem;
  EXPECT_NE(problem.find(":"), std::string::npos);
  const trace t = read(half, {.skip_bad = true});
  EXPECT_TRUE(t.cut_off);
  EXPECT_EQ(t.bad_lines, 1u);
  EXPECT_GT(t.events.size(), 1000u);
  EXPECT_LT(t.events.size(), 50'000u);
}

TEST(trace, damaged_compressed_data_is_an_error) {
  std::string plain;
  for (int i = 0; i < 20'000; ++i) plain += "get,k" + std::to_string(i * 31 % 20'011) + "\n";
  std::string damaged = gzipped(plain);
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 20; ++i)
    damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
  const std::string problem = problem_of(damaged);
  EXPECT_NE(problem, "no problem");
}

TEST(trace, without_any_operation_it_is_refused) {
  EXPECT_NE(problem_of("").find("holds no operation"), std::string::npos);
  EXPECT_NE(problem_of("# only a comment\n").find("holds no operation"), std::string::npos);
  EXPECT_NE(problem_of("1.5 [0 c] \"PING\"\n").find("holds no operation"), std::string::npos);
}

TEST(trace, a_file_that_is_not_there_or_a_directory_is_refused) {
  EXPECT_THROW((void)read_trace("/no/such/file", {}), input_error);
  EXPECT_THROW((void)read_trace("/tmp", {}), input_error);
}

TEST(replay, every_write_to_a_key_is_with_its_owner_and_in_order) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "set,k" + std::to_string(i % 13) + "," + std::to_string(10 + i) + "\nget,k" + std::to_string(i % 7) + "\n";
  }
  const trace from = read(text);
  const workload work = make_replay(from, {.threads = 3}, "t");
  ASSERT_EQ(work.threads(), 3u);
  std::vector<std::uint32_t> last(work.key_count);
  std::size_t operations = 0;
  for (unsigned t = 0; t < 3; ++t) {
    for (const operation op : work.streams[t]) {
      ++operations;
      if (!op.writes()) continue;
      EXPECT_EQ(owner_of(op.key(), 3), t);
      EXPECT_GT(op.value_bytes(), last[op.key()]);
      last[op.key()] = op.value_bytes();
    }
  }
  EXPECT_EQ(operations, 2000u);
}

TEST(replay, what_is_read_before_it_is_written_was_there_before) {
  const trace from = read("get,old\nset,new,5\nget,new\nset,old,50\ndel,gone\n");
  const workload warm = make_replay(from, {.threads = 1}, "t");
  ASSERT_EQ(warm.start.size(), 2u);
  EXPECT_EQ(work_key(warm, 0), "old");
  EXPECT_EQ(warm.start[0].value_bytes(), 50u) << "of the size it has later";
  EXPECT_EQ(work_key(warm, 1), "gone");
  EXPECT_TRUE(make_replay(from, {.threads = 1, .cold = true}, "t").start.empty());
}

}  // namespace
