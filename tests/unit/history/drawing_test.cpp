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
  EXPECT_GE(times(page, "class=\"led\""), 2U) << "what led there is shown";
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

TEST(drawing, of_a_right_history_says_so) {
  const std::string page = drawn(check_linearizable(history()), history());
  EXPECT_NE(page.find("0 operations on 0 keys: each can have happened"), std::string::npos);
  EXPECT_EQ(page.find("<svg"), std::string::npos);
}

}  // namespace
