// Histories in files: what other tools write is read, what is wrong is named, what we write we read again.
#include <gtest/gtest.h>

#include <random>

#include <portolan/prove/history_files.hpp>
#include <portolan/prove/linearize.hpp>

namespace {

using namespace portolan::prove;

constexpr auto edn = history_format::edn;
constexpr auto json = history_format::json;

bool right(std::string_view text, history_format format = edn) {
  return check_linearizable(read_history(text, format)).ok();
}

std::string refused(std::string_view text, history_format format = edn) {
  try {
    static_cast<void>(read_history(text, format));
  } catch (const history_error& error) {
    return error.what();
  }
  return "it was read";
}

TEST(history_files, porcupine_s_lines_are_read) {
  const std::string text =
      "{:process 0, :type :invoke, :f :put, :key \"5\", :value \"x 0\"}\n"
      "{:process 1, :type :invoke, :f :get, :key \"5\", :value nil}\n"
      "{:process 0, :type :ok, :f :put, :key \"5\", :value \"x 0\"}\n"
      "{:process 1, :type :ok, :f :get, :key \"5\", :value \"x 0\"}\n";
  EXPECT_TRUE(right(text));
  EXPECT_EQ(format_of(text), edn);
  EXPECT_FALSE(right(
      text + "{:process 1 :type :invoke :f :get :key \"5\"}{:process 1 :type :ok :f :get :key \"5\" :value \"y\"}"));
}

TEST(history_files, jepsen_s_independent_keys_and_tags_are_read) {
  const history all = read_history(
      "; a register a key\n"
      "[#jepsen.history.Op{:index 0, :time 12, :type :invoke, :process 0, :f :write, :value [7 3]}\n"
      " {:index 1, :type :ok, :process 0, :f :write, :value [7 3]}\n"
      " {:type :invoke, :process 1, :f :cas, :value [7 [3 4]]} #_{:left :out}\n"
      " {:type :ok, :process 1, :f :cas, :value [7 [3 4]]}\n"
      " {:type :invoke, :process 0, :f :read, :value [7 nil]}\n"
      " {:type :ok, :process 0, :f :read, :value [7 4]}]",
      edn);
  ASSERT_EQ(all.size(), 3U);
  for (const operation& each : all.sorted()) EXPECT_EQ(each.key, 7U);
  EXPECT_TRUE(check_linearizable(all).ok());
}

TEST(history_files, what_failed_did_not_happen_and_what_nobody_knows_may_have) {
  const std::string write = "{:process 0 :type :invoke :f :write :value 3}";
  const std::string read = "{:process 1 :type :invoke :f :read}{:process 1 :type :ok :f :read :value 3}";
  const std::string again = "{:process 1 :type :invoke :f :read}{:process 1 :type :ok :f :read :value nil}";
  EXPECT_FALSE(right(write + "{:process 0 :type :fail :f :write :value 3}" + read));
  EXPECT_TRUE(right(write + "{:process 0 :type :info :f :write :value 3}" + read));
  EXPECT_TRUE(right(write + "{:process 0 :type :info :f :write :value 3}" + again + read));
  EXPECT_FALSE(right(write + "{:process 0 :type :info :f :write :value 3}" + read + again));
  EXPECT_TRUE(right(write + read)) << "it never ended";
}

TEST(history_files, json_is_read_by_lines_and_as_an_array) {
  const std::string lines =
      "{\"process\": 0, \"type\": \"invoke\", \"f\": \"insert\", \"key\": 1, \"value\": 5}\n\n"
      "{\"process\": 0, \"type\": \"ok\", \"f\": \"insert\", \"key\": 1, \"value\": 5}\n"
      "{\"process\": 0, \"type\": \"invoke\", \"f\": \"contains\", \"key\": 1}\n"
      "{\"process\": 0, \"type\": \"ok\", \"f\": \"contains\", \"key\": 1, \"value\": true}\n";
  EXPECT_TRUE(right(lines, json));
  EXPECT_EQ(format_of(lines), json);
  const std::string array =
      "[{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\"}, {\"process\": 0, \"type\": \"ok\", \"f\": \"read\", "
      "\"value\": 3}]";
  EXPECT_FALSE(right(array, json));
  EXPECT_EQ(format_of(array), json);
}

TEST(history_files, mistakes_are_named_with_their_line_and_remedy) {
  EXPECT_EQ(
      refused("\n{:process 0 :type :invoke :f :append :key 1 :value 2}"),
      "line 2: `append` is no operation of a map; write read, write, cas, insert, exchange, erase, extract, contains, "
      "compare-erase or add");
  EXPECT_EQ(refused("{:process 0 :type :ok :f :read :value 2}"),
            "line 1: process 0 ends a call that it did not begin; put its :invoke before");
  EXPECT_EQ(refused("{:process 0 :type :invoke :f :read}\n{:process 0 :type :invoke :f :read}"),
            "line 2: process 0 begins a call while its last one is open; end that with :ok, :fail or :info first");
  EXPECT_EQ(refused("{:type :invoke :f :read}"), "line 1: the event has no :process; give it one");
  EXPECT_EQ(refused("{:process 0 :type :invoked :f :read}"),
            "line 1: the type is `invoked`; write invoke, ok, fail or info");
  EXPECT_EQ(refused("{:process 0 :type :invoke :f :cas :key 1 :value 3}"),
            "line 1: a cas has the :value [old new]; here stands 3");
  EXPECT_EQ(refused("{:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :write :value 1}"),
            "line 1: the call began as another operation; write the same :f");
  EXPECT_EQ(refused("{:process 0 :type"),
            "line 1: the file ends within a form; close its brackets, or cut it after its last whole event");
  EXPECT_EQ(refused("{:process 0 :type}"), "line 1: a map has a key without a value; give `\"type\"` one");
  EXPECT_EQ(refused("\n)"), "line 2: a `)` that nothing opened; remove it");
  EXPECT_EQ(refused("{:a \"b"), "line 1: a text has no end; close it with a quotation mark");
  EXPECT_EQ(refused(std::string(100, '[')),
            "line 1: forms lie in each other more than 64 deep; an event is one map of plain values");
  EXPECT_EQ(refused("{}\n{\"process\": }", json).substr(0, 7), "line 1:");
  EXPECT_EQ(refused("\n{\"process\": }", json), "line 2: this is no JSON; write one object a line, or one array");
  EXPECT_EQ(refused("[{\"process\": 0},\n", json), "line 2: this is no JSON; close its brackets and quotation marks");
  EXPECT_EQ(refused("7", json).substr(0, 33), "line 1: an event is a map with :p");
}

TEST(history_files, endings_of_every_kind_are_read_as_they_were_meant) {
  const auto ended = [](const std::string& f, const std::string& begins, const std::string& ends) {
    const std::string event = "{:process 0 :f :" + f + " :key 1 ";
    const history all = read_history(event + ":type :invoke " + begins + "}" + event + ":type :ok " + ends + "}", edn);
    return described(all.sorted().at(0), all);
  };
  const auto plain = [](action what, ending how, std::uint64_t argument, std::uint64_t seen) {
    return described({1, 2, 1, argument, seen, 0, what, how, 0}, history());
  };
  EXPECT_EQ(ended("exchange", ":value 5", ""), plain(action::exchange, ending::done, 5, 0));
  EXPECT_EQ(ended("exchange", ":value 5", ":value 4 :outcome :hit"), plain(action::exchange, ending::hit, 5, 4));
  EXPECT_EQ(ended("exchange", ":value 5", ":outcome :miss"), plain(action::exchange, ending::miss, 5, 0));
  EXPECT_EQ(ended("extract", "", ":value nil"), plain(action::extract, ending::miss, 0, 0));
  EXPECT_EQ(ended("contains", "", ":value true"), plain(action::contains, ending::hit, 0, 0));
  EXPECT_EQ(ended("contains", "", ":outcome :miss"), plain(action::contains, ending::miss, 0, 0));
  EXPECT_EQ(ended("add", ":value 5", ":value 9"), plain(action::add, ending::hit, 5, 9));
  EXPECT_EQ(ended("add", ":value 5", ""), plain(action::add, ending::done, 5, 0));
  EXPECT_EQ(ended("insert", ":value 5", ""), plain(action::insert, ending::miss, 5, 0));
  EXPECT_EQ(ended("insert", ":value 5", ":outcome :hit"), plain(action::insert, ending::hit, 5, 0));
  EXPECT_EQ(ended("erase", "", ""), plain(action::erase, ending::done, 0, 0));
  EXPECT_EQ(ended("erase", "", ":outcome :miss"), plain(action::erase, ending::miss, 0, 0));
  EXPECT_EQ(ended("write", ":value nil", ""), plain(action::erase, ending::done, 0, 0)) << "nil is no entry";
  EXPECT_EQ(ended("compare-erase", ":value 5", ":outcome :differed"),
            plain(action::compare_erase, ending::differed, 0, 5));
}

TEST(history_files, endings_that_mean_nothing_are_refused) {
  EXPECT_EQ(refused("{:process 0 :type :invoke :f :add :key 1 :value -1}"),
            "line 1: an add has a natural number as :value");
  const std::string contains =
      "{:process 0 :type :invoke :f :contains :key 1}\n{:process 0 :type :ok :f :contains :key 1";
  EXPECT_EQ(refused(contains + " :value 1}"), "line 2: a contains ends with :value true or false");
  EXPECT_EQ(refused(contains + " :value true :outcome :well}"),
            "line 2: the outcome is `well`; write hit, miss or differed, or leave it out");
  EXPECT_EQ(refused("[1e999]", json), "somewhere: a number is too large; write it as a text");
  EXPECT_EQ(refused("{:process 0 :type :invoke :f :cas :key 1 :value [1 2 3]}"),
            "line 1: a cas has the :value [old new]; here stands [1,2,3]");
}

TEST(history_files, texts_are_read_with_their_escapes) {
  const history all = read_history("{:process 0 :type :invoke :f :write :key \"a\\n\\t\\r\\\"\\\\\" :value +5}", edn);
  EXPECT_EQ(all.name_of(all.sorted().at(0).key), "\"a\\n\\t\\r\\\"\\\\\"");
  EXPECT_EQ(all.sorted().at(0).argument, 5U);
}

// What reads a value calls itself once for each bracket: a file of brackets must not end the stack.
TEST(history_files, values_that_lie_too_deep_are_refused) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const std::string event = "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": ";
  const std::string why = "values lie in each other more than 64 deep; an event is one object of plain values";
  EXPECT_EQ(refused("\n" + event + deep + "}", json), "line 2: " + why);
  EXPECT_EQ(refused("[" + event + deep + "}]", json), "somewhere: " + why);
  EXPECT_EQ(read_history(event + "\"" + deep + "\"}", json).size(), 1U) << "these stand in a text";
}

// Values of every kind keep apart what they kept apart: 1.5 is no text, and a text may hold any sign.
TEST(history_files, values_of_every_kind_are_the_same_in_the_other_format) {
  const std::string values[] = {"1.5",
                                "\"1.5\"",
                                "{\"a\": 1}",
                                "{\"a\": \"1\"}",
                                "[null, true, -7]",
                                "\"\\u0001\\n\"",
                                "\"a \\\" b \\\\\"",
                                "18446744073709551616",
                                "\"nil\"",
                                "null"};
  std::string text;
  for (const std::string& value : values) {
    const std::string rest = ", \"f\": \"insert\", \"key\": " + value + ", \"value\": " + value + "}\n";
    text += "{\"process\": 0, \"type\": \"invoke\"" + rest + "{\"process\": 0, \"type\": \"ok\"" + rest;
  }
  const history first = read_history(text, json);
  const history second = read_history(write_history(first, edn), edn);
  EXPECT_EQ(second.names, first.names);
  EXPECT_EQ(write_history(read_history(write_history(second, json), json), edn), write_history(first, edn));
}

// Noise of brackets, quotes and words: read or refused, never a crash; what the sanitizers would see shows there.
TEST(history_files, noise_is_read_or_refused) {
  const std::string_view pieces[] = {"{",         "}",
                                     "[",         "]",
                                     "(",         ")",
                                     "\"",        "\\",
                                     "#",         "#_",
                                     ":process ", ":type ",
                                     ":ok ",      ":invoke ",
                                     ":f ",       ":read ",
                                     ":value ",   "nil",
                                     " 0 ",       "-1",
                                     "1e9",       "9999999999999999999",
                                     "\n",        ";",
                                     ",",         "{:process 0 :type :invoke :f :write :value 1}",
                                     "\xff"};
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint64_t left = random() % 12; left > 0; --left) text += pieces[random() % std::size(pieces)];
    for (const history_format format : {edn, json}) {
      try {
        static_cast<void>(read_history(text, format));
      } catch (const history_error& error) {
        EXPECT_NE(std::string(error.what()).find("; "), std::string::npos) << error.what();
      }
    }
  }
}

TEST(history_files, what_is_written_is_read_again) {
  std::mt19937_64 random(3);
  for (const history_format format : {edn, json}) {
    history first;
    for (std::uint32_t i = 0; i < 400; ++i) {
      const auto what = static_cast<action>(random() % 10);
      const bool compares = what == action::compare_exchange || what == action::compare_erase;
      const ending how = what == action::add      ? ending::hit
                         : i % 31 == 0            ? ending::pending
                         : compares && i % 3 == 0 ? ending::differed
                         : random() % 2 == 0      ? ending::hit
                                                  : ending::miss;
      const bool tells =
          what == action::find || what == action::exchange || what == action::extract || what == action::add;
      const bool puts = what == action::insert || what == action::assign || what == action::exchange ||
                        what == action::compare_exchange || what == action::add;
      const std::uint64_t seen = compares || (tells && how == ending::hit) ? random() % 9 : 0;
      first.add({10 * i + 1, how == ending::pending ? never : 10 * i + 8, random() % 5, puts ? random() % 9 : 0, seen,
                 i % 3, what, how, 0});
    }
    const std::string text = write_history(first, format);
    EXPECT_EQ(format_of(text), format);
    const std::vector<operation> before = first.sorted();
    const std::vector<operation> again = read_history(text, format).sorted();
    ASSERT_EQ(before.size(), again.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(described(before[i], first), described(again[i], first)) << i;
      EXPECT_EQ(before[i].key, again[i].key);
    }
  }
}

}  // namespace
