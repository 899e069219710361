// Promise: a string key is looked up by a string_view or a literal without making a string; many keys are looked up
// in one call.
//
// Method: a key type that counts how often it is made; lookups by another type must not make one.
#include <string_view>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

/// A string that counts how often one is made.
class counted_text {
 public:
  explicit counted_text(std::string_view words) : words_(words) { ++made; }
  counted_text(const counted_text& other) : words_(other.words_) { ++made; }
  counted_text(counted_text&& other) noexcept : words_(std::move(other.words_)) {}
  counted_text& operator=(const counted_text&) = default;
  [[nodiscard]] std::string_view words() const { return words_; }
  static inline int made = 0;

 private:
  std::string words_;
};

std::string_view words_of(std::string_view words) { return words; }
std::string_view words_of(const counted_text& text) { return text.words(); }

struct counted_hash {
  using is_transparent = void;
  std::size_t operator()(const auto& query) const { return portolan::hash<std::string>()(words_of(query)); }
};
struct counted_equal {
  using is_transparent = void;
  bool operator()(const auto& left, const auto& right) const { return words_of(left) == words_of(right); }
};

/// What was found, as a text; nothing is an empty one.
std::string text_of(const auto& found) {
  if (!found) return {};
  const std::string& text = *found;
  return text;
}

template <class Family>
class lookup : public testing::Test {
 protected:
  using counted_map = typename Family::template map<counted_text, std::string, counted_hash, counted_equal,
                                                    std::allocator<std::pair<const counted_text, std::string>>>;
  using text_map =
      typename Family::template map<std::string, std::string, portolan::hash<std::string>, portolan::equal<std::string>,
                                    std::allocator<std::pair<const std::string, std::string>>>;
  using number_map = typename Family::template map<std::uint64_t, std::uint64_t, portolan::hash<std::uint64_t>,
                                                   portolan::equal<std::uint64_t>,
                                                   std::allocator<std::pair<const std::uint64_t, std::uint64_t>>>;
};
struct family_names {
  template <class Family>
  static std::string GetName(int) {
    return Family::name;
  }
};
TYPED_TEST_SUITE(lookup, one_of_each, family_names);

TYPED_TEST(lookup, by_a_view_makes_no_key) {
  typename TestFixture::counted_map map;
  map.insert(counted_text("a"), "1");
  map.insert(counted_text("b"), "2");
  const int made_before = counted_text::made;
  using namespace std::string_view_literals;
  EXPECT_TRUE(map.contains("a"sv));
  EXPECT_EQ(text_of(map.find("b"sv)), "2");
  EXPECT_FALSE(map.contains("c"sv));
  std::string seen;
  EXPECT_TRUE(map.visit("a"sv, [&](const std::string& value) { seen = value; }));
  EXPECT_EQ(seen, "1");
  EXPECT_EQ(counted_text::made, made_before);
  EXPECT_EQ(map.compare_exchange("a"sv, "1", "10"), portolan::comparison::matched);
  EXPECT_EQ(map.compare_erase("a"sv, "1"), portolan::comparison::differed);
  EXPECT_EQ(text_of(map.extract("a"sv)), "10");
  EXPECT_TRUE(map.erase("b"sv));
  EXPECT_FALSE(map.erase("b"sv));
  // A map that copies itself, or puts a new node in place of an old one, makes keys of keys that are there.
  if constexpr (
      !requires { TypeParam::copies; } && !requires { TypeParam::replaces_nodes; }) {
    EXPECT_EQ(counted_text::made, made_before);
  }
}

TYPED_TEST(lookup, of_strings_takes_views_and_literals) {
  typename TestFixture::text_map map;
  EXPECT_TRUE(map.insert("key", "value"));
  EXPECT_TRUE(map.insert(std::string_view("another key, too long for a small buffer"), "value"));
  EXPECT_EQ(text_of(map.find(std::string("key"))), "value");
  EXPECT_EQ(text_of(map.find("key")), "value");
  EXPECT_EQ(text_of(map.find(std::string_view("key"))), "value");
  EXPECT_EQ(map.insert_or_assign("key", "other"), portolan::assignment::assigned);
  EXPECT_EQ(text_of(map.exchange("key", "third")), "other");
  EXPECT_TRUE(map.erase("another key, too long for a small buffer"));
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(lookup, of_many_keys_gives_one_answer_each_in_order) {
  typename TestFixture::number_map map;
  for (std::uint64_t i = 0; i < 1'000; i += 2) map.insert(i, i * 3);
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 16U, 100U, 1'000U}) {
    std::vector<std::uint64_t> keys;
    for (std::uint64_t i = 0; i < count; ++i) keys.push_back((i * 7) % 1'200);
    const auto found = map.find(std::span<const std::uint64_t>(keys));
    ASSERT_EQ(found.size(), count);
    std::size_t present = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(found[i], map.find(keys[i]));
      present += found[i].has_value() ? 1 : 0;
    }
    std::vector<bool> shown(count);
    EXPECT_EQ(map.visit(std::span<const std::uint64_t>(keys),
                        [&](std::size_t index, std::uint64_t value) {
                          EXPECT_EQ(value, keys[index] * 3);
                          EXPECT_FALSE(shown[index]);
                          shown[index] = true;
                          EXPECT_FALSE(map.contains(1));
                        }),
              present);
  }
}

// Every map that can show a value shows many in one call: large ones, texts, and what cannot be copied where the map has
// handles.
template <class Subject>
class visits_of_many : public testing::Test {};
template <class Subject>
using can_visit = std::bool_constant<offers_visit<typename Subject::map>>;
using visiting = where<can_visit, join<subjects<one_of_each, text, text>, subjects<one_of_each, number, big>,
                                       subjects<one_of_each, number, move_only>>>;
TYPED_TEST_SUITE(visits_of_many, visiting, subject_names);

TYPED_TEST(visits_of_many, show_each_value_that_is_there_once) {
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < 100; i += 2) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  for (const std::uint64_t count : {0U, 1U, 15U, 16U, 17U, 100U}) {
    std::vector<typename TypeParam::key> keys;
    for (std::uint64_t i = 0; i < count; ++i) keys.push_back(TypeParam::key_of(i));
    std::vector<int> times(count);
    const auto visited =
        map.visit(std::span<const typename TypeParam::key>(keys), [&](std::size_t index, const auto& value) {
          EXPECT_EQ(TypeParam::number_of(value), index);
          ++times[index];
          map.erase(TypeParam::key_of(1'000));  // a visitor may call the map
        });
    EXPECT_EQ(visited, (count + 1) / 2);
    for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ(times[i], i % 2 == 0 ? 1 : 0);
  }
}

}  // namespace
}  // namespace promises
