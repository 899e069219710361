// The picture of a violation: whole, self-contained, and with the calls that it is about.
#include <gtest/gtest.h>

#include <portolan/prove/history_drawing.hpp>
#include <portolan/prove/history_files.hpp>

namespace {

using namespace portolan::prove;

std::size_t times(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(drawing, shows_the_calls_that_no_order_explains) {
  const history all = read_history(
      "{:process 0 :type :invoke :f :write :value \"<a>\"}{:process 0 :type :ok :f :write :value \"<a>\"}"
      "{:process 0 :type :invoke :f :write :value \"b\"}{:process 1 :type :invoke :f :read}"
      "{:process 0 :type :ok :f :write :value \"b\"}{:process 1 :type :ok :f :read :value \"b\"}"
      "{:process 1 :type :invoke :f :read}{:process 1 :type :ok :f :read :value \"<a>\"}",
      history_format::edn);
  const verdict seen = check_linearizable(all);
  ASSERT_FALSE(seen.ok());
  const std::string page = drawn(seen, all);
  EXPECT_EQ(times(page, "class=\"culprit\""), 1U);
  EXPECT_EQ(times(page, "class=\"led source\""), 1U) << "who put the value that was told";
  EXPECT_GE(times(page, "class=\"led\""), 1U) << "what led there is shown";
  EXPECT_EQ(times(page, "<svg"), times(page, "</svg>"));
  EXPECT_EQ(times(page, "<g "), times(page, "</g>"));
  EXPECT_EQ(times(page, "<a>"), 0U) << "texts are escaped";
  EXPECT_GT(times(page, "&lt;a&gt;"), 0U);
  EXPECT_EQ(times(page, "http"), 0U) << "it loads nothing";
}

TEST(drawing, shows_calls_that_never_returned_and_what_was_there_at_first) {
  const history all = read_history(
      "{:process 0 :type :invoke :f :erase :key \"k&k\"}"
      "{:process 1 :type :invoke :f :read :key \"k&k\"}{:process 1 :type :ok :f :read :key \"k&k\" :value \"never "
      "put\"}",
      history_format::edn);
  check_limits limits;
  limits.present_at_first = true;
  limits.value_at_first = 5;
  const verdict seen = check_linearizable(all, limits);
  ASSERT_FALSE(seen.ok());
  const std::string page = drawn(seen, all);
  EXPECT_GT(times(page, "k&amp;k"), 0U);
  EXPECT_GT(times(page, "never put"), 0U);
}

TEST(drawing, says_a_wrong_size_in_words_alone) {
  history all;
  all.add({1, 2, 1, 5, 0, 0, action::insert, ending::miss, 0});
  all.countings.push_back({3, 4, 0, 17});
  const verdict seen = check_linearizable(all);
  ASSERT_FALSE(seen.ok());
  const std::string page = drawn(seen, all);
  EXPECT_GT(times(page, "17"), 0U);
}

// A value far too long, put by a call that never returned, on a lane that went on under another number.
TEST(drawing, of_one_violation_is_a_file_of_its_own_with_long_names_cut) {
  const std::string name(60, 'x');
  const history all = read_history("{:process 0 :type :invoke :f :write :value \"" + name +
                                       "\"}{:process 0 :type :info :f :write :value \"" + name +
                                       "\"}{:process 0 :type :invoke :f :write :value \"b\"}{:process 0 :type :ok :f "
                                       ":write :value \"b\"}{:process 1 :type :invoke :f :read}{:process 1 :type :ok "
                                       ":f :read :value \"" +
                                       name +
                                       "\"}{:process 1 :type :invoke :f :read}{:process 1 :type :ok :f :read "
                                       ":value \"b\"}",
                                   history_format::edn);
  const verdict seen = check_linearizable(all);
  ASSERT_FALSE(seen.ok());
  const std::string file = drawn_alone(seen.violations.at(0), all);
  EXPECT_EQ(file.rfind("<svg xmlns=", 0), 0U);
  EXPECT_EQ(times(file, "<style>"), 1U);
  EXPECT_NE(file.find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_NE(file.find(">event 8<"), std::string::npos) << "of a file only the order is known";
  EXPECT_NE(file.find("xxx…xxx"), std::string::npos) << "a long name is cut in its middle";
  EXPECT_EQ(times(file, "<text>"), 0U);
  EXPECT_EQ(times(file, "<g "), times(file, "</g>"));
}

TEST(drawing, of_recorded_instants_has_their_unit) {
  history all;
  all.ticks_a_ns = 2;
  all.add({1000, 2000, 1, 5, 0, 0, action::insert, ending::miss, 0});
  all.add({3000, 9000, 1, 0, 7, 1, action::find, ending::hit, 0});
  const std::string page = drawn(check_linearizable(all), all);
  EXPECT_NE(page.find(">4.00 µs<"), std::string::npos) << page;
  EXPECT_NE(page.find("1.00 µs to 4.00 µs"), std::string::npos) << page;
}

TEST(drawing, of_a_right_history_says_so) {
  const std::string page = drawn(check_linearizable(history()), history());
  EXPECT_NE(page.find("0 operations on 0 keys: each can have happened"), std::string::npos);
  EXPECT_EQ(page.find("<svg"), std::string::npos);
}

}  // namespace
