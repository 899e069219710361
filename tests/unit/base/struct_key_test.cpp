// Structs as keys with no hash written by hand: which fields there are, and that the hash is of all of them and of
// nothing else. What is refused is in tests/compile_fail/key_struct_*.cpp.
#include <portolan/base/key.hpp>

#include <algorithm>
#include <any>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "tests/support/scale.hpp"

namespace {

using portolan::equal;
using portolan::hash;
using portolan::detail::field_count;

template <class K>
constexpr bool good_by_default = portolan::key_requirements<K, hash<K>, equal<K>>::hold;

// ---- how many fields there are -----------------------------------------------------------------

enum class colour { red, green };
struct nothing {};
struct two {
  int a;
  long b;
};
struct without_default {
  explicit without_default(int);
  int value;
};

template <class K, std::size_t Fields>
constexpr bool has = field_count<K>::all() == Fields;

struct texts {
  std::string a;
  std::string_view b;
  int c;
};
struct optionals {
  std::optional<int> a;
  std::optional<std::string> b;
  std::optional<std::optional<int>> c;
};
struct products {
  std::pair<int, std::string> a;
  std::tuple<int, char> b;
  std::tuple<int> c;
  std::pair<int, int> d;
  std::array<int, 4> e;
  std::array<std::string, 2> f;
};
struct arrays {
  int a[3];
  char name[16];
  int matrix[2][3];
  int one[1];
  std::string both[2];
  two pairs[2];
  long last;
};
struct long_arrays {
  char name[256];
  char other[100];
  int c;
};
struct nested {
  two a;
  arrays b;
  texts c;
  int d;
};
struct bits {
  unsigned a : 3, b : 4, c : 1;
  bool d : 1, e : 1, f : 1, g : 1, h : 1, i : 1;
};
struct without_defaults {
  int a[3];
  without_default b;
  int c[2];
};
struct standard {
  std::unique_ptr<int> a;
  std::vector<std::string> b;
  std::map<int, int> c;
  std::function<void()> d;
  std::variant<int, std::string> e;
  std::any f;
  std::chrono::seconds g;
};
struct many {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F;
};
static_assert(has<nothing, 0> && has<two, 2> && has<texts, 3> && has<optionals, 3> && has<products, 6>);
static_assert(has<arrays, 7> && has<long_arrays, 3> && has<nested, 4> && has<bits, 9> && has<without_defaults, 3>);
static_assert(has<standard, 7> && has<many, 32>);

// ---- which of them the hash is of --------------------------------------------------------------

struct stop {
  char kind;  // padding follows
  int number;
  std::string name;
  std::optional<std::uint16_t> quay;
  colour flag;
  int legs[3];
  std::string aliases[2];
  std::pair<int, std::string> next;
  std::chrono::minutes stay;
  std::chrono::system_clock::time_point since;
  bool open : 1;
  friend bool operator==(const stop&, const stop&) = default;
};
static_assert(good_by_default<stop>);

// A change of any one field changes the hash; an equal key has the same one.
TEST(struct_key, is_hashed_by_every_field) {
  const stop base{'p', 1, "Genoa", 7, colour::red, {1, 2, 3}, {"a", "b"}, {4, "c"}, std::chrono::minutes(5), {}, false};
  std::vector<stop> others(15, base);
  others[0].kind = 'q';
  others[1].number = 2;
  others[2].name = "Genua";
  others[3].quay = 8;
  others[4].quay.reset();
  others[5].flag = colour::green;
  others[6].legs[0] = 2;
  others[7].legs[2] = 4;
  others[8].aliases[1] = "c";
  others[9].next.first = 5;
  others[10].next.second = "d";
  others[11].stay += std::chrono::minutes(1);
  others[12].since += std::chrono::seconds(1);
  others[13].open = true;
  others[14].quay = 0;  // not what is absent
  const hash<stop> hasher;
  std::set<std::uint64_t> hashes{hasher(base)};
  for (const stop& other : others) {
    EXPECT_FALSE(other == base);
    EXPECT_TRUE(hashes.insert(hasher(other)).second);
  }
  EXPECT_EQ(hasher(stop(base)), hasher(base));
}

// Fields are told apart: the same text in another one is another key.
TEST(struct_key, tells_its_fields_apart) {
  struct route {
    std::string from, to;
    bool operator==(const route&) const = default;
  };
  const hash<route> hasher;
  EXPECT_NE(hasher({"Genoa", "Lisbon"}), hasher({"Lisbon", "Genoa"}));
  EXPECT_NE(hasher({"Genoa", ""}), hasher({"", "Genoa"}));
  EXPECT_NE(hasher({"ab", "c"}), hasher({"a", "bc"}));
}

struct padded_key {
  char a;
  long b;
  char c;
  bool operator==(const padded_key&) const = default;
};

TEST(struct_key, never_hashes_padding) {
  const hash<padded_key> hasher;
  std::set<std::uint64_t> hashes;
  for (const int garbage : {0x00, 0x55, 0xFF}) {
    alignas(padded_key) std::byte storage[sizeof(padded_key)];
    std::memset(storage, garbage, sizeof storage);
    auto* const key = new (storage) padded_key;
    key->a = 1;
    key->b = 2;
    key->c = 3;
    hashes.insert(hasher(*key));
  }
  EXPECT_EQ(hashes.size(), 1U);
}

TEST(struct_key, has_another_hash_under_another_seed) {
  EXPECT_NE(hash<two>(portolan::make_seed(1))({1, 2}), hash<two>(portolan::make_seed(2))({1, 2}));
  EXPECT_EQ(hash<two>(portolan::make_seed(1))({1, 2}), hash<two>(portolan::make_seed(1))({1, 2}));
}

TEST(struct_key, of_many_fields_is_hashed_by_each) {
  const hash<many> hasher;
  std::set<std::uint64_t> hashes;
  for (std::size_t field = 0; field < 32; ++field) {
    std::array<int, 32> numbers{};
    numbers[field] = 1;
    hashes.insert(hasher(std::bit_cast<many>(numbers)));
  }
  EXPECT_EQ(hashes.size(), 32U);
}

// ---- classes that say it themselves ------------------------------------------------------------

class account {
 public:
  account(int bank, std::string number, std::string note)
      : bank_(bank), number_(std::move(number)), note_(std::move(note)) {}
  [[nodiscard]] auto key_fields() const noexcept { return std::tie(bank_, number_); }
  friend bool operator==(const account& left, const account& right) { return left.key_fields() == right.key_fields(); }

 private:
  int bank_;
  std::string number_;
  std::string note_;
};

// Compared without regard to case: hashed by fields it would be two keys; key_fields says what is compared.
struct caseless {
  std::string text;
  [[nodiscard]] auto key_fields() const {
    std::string folded = text;
    for (char& each : folded) each = static_cast<char>(each | 0x20);
    return std::make_tuple(std::move(folded));
  }
  friend bool operator==(const caseless& left, const caseless& right) {
    return left.key_fields() == right.key_fields();
  }
};

struct base_port {
  int country;
  bool operator==(const base_port&) const = default;
};
struct berth : base_port {
  int number;
  bool operator==(const berth&) const = default;
};
auto portolan_key_fields(const berth& key) noexcept { return std::tie(key.country, key.number); }

TEST(struct_key, may_say_itself_what_it_is_compared_by) {
  static_assert(good_by_default<account> && good_by_default<caseless> && good_by_default<berth>);
  EXPECT_TRUE(account(1, "7", "x") == account(1, "7", "y"));
  EXPECT_TRUE(caseless{"Chart"} == caseless{"cHART"});
  const hash<account> accounts;
  EXPECT_EQ(accounts({1, "7", "x"}), accounts({1, "7", "y"}));
  EXPECT_NE(accounts({1, "7", "x"}), accounts({2, "7", "x"}));
  EXPECT_NE(accounts({1, "7", "x"}), accounts({1, "8", "x"}));
  const hash<caseless> texts;
  EXPECT_EQ(texts({"Chart"}), texts({"cHART"}));
  EXPECT_NE(texts({"Chart"}), texts({"charm"}));
  const hash<berth> berths;
  EXPECT_NE(berths({{1}, 2}), berths({{2}, 1}));
  EXPECT_NE(berths({{1}, 2}), berths({{1}, 3}));
  // Within another struct, too.
  struct booking {
    account payer;
    int day;
    bool operator==(const booking&) const = default;
  };
  static_assert(good_by_default<booking>);
  EXPECT_EQ(hash<booking>{}({{1, "7", "x"}, 3}), hash<booking>{}({{1, "7", "y"}, 3}));
}

TEST(struct_key, hashes_without_throwing_if_its_fields_do) {
  static_assert(std::is_nothrow_invocable_v<const hash<stop>&, const stop&>);
  static_assert(std::is_nothrow_invocable_v<const hash<account>&, const account&>);
  static_assert(!std::is_nothrow_invocable_v<const hash<caseless>&, const caseless&>);
}

// ---- a hash of the author's own under our name -------------------------------------------------

class sealed {
 public:
  explicit sealed(int number) : number_(number) {}
  [[nodiscard]] int number() const noexcept { return number_; }
  friend bool operator==(const sealed&, const sealed&) = default;

 private:
  int number_;
};
struct half_compared {
  std::int32_t number, note;
  friend bool operator==(const half_compared& left, const half_compared& right) { return left.number == right.number; }
};

}  // namespace

template <>
class portolan::hash<sealed> {
 public:
  std::uint64_t operator()(const sealed& key) const noexcept { return static_cast<std::uint64_t>(key.number()); }
};
template <>
class portolan::hash<half_compared> {
 public:
  std::uint64_t operator()(const half_compared& key) const noexcept { return static_cast<std::uint64_t>(key.number); }
};

namespace {

TEST(struct_key, may_have_a_specialisation_of_our_hash) {
  static_assert(good_by_default<sealed> && good_by_default<half_compared>);
  static_assert(!portolan::concurrent::fits_inline<half_compared, int, hash<half_compared>, equal<half_compared>>);
  portolan::concurrent_map<half_compared, int> map;
  map.insert({1, 10}, 5);
  EXPECT_EQ(map.find({1, 20}), 5);
  portolan::concurrent_map<sealed, int> other;
  other.insert(sealed(3), 4);
  EXPECT_EQ(other.find(sealed(3)), 4);
}

// ---- in maps -----------------------------------------------------------------------------------

struct point {
  std::int32_t x, y;
  friend bool operator==(const point&, const point&) = default;
};
struct city {
  std::string name;
  point at;
  friend bool operator==(const city&, const city&) = default;
};

template <class Map>
void holds_structs() {
  Map map;
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(map.insert({std::to_string(i % 10), {i, -i}}, i));
  EXPECT_EQ(map.size(), 500U);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(map.find({std::to_string(i % 10), {i, -i}}).value_or(-1), i);
    EXPECT_FALSE(map.contains({std::to_string(i % 10), {i, i + 1}}));
  }
}

TEST(struct_key, is_a_key_of_every_map) {
  using portolan::plain_map;
  holds_structs<portolan::concurrent_map<city, int>>();
  holds_structs<portolan::sync_map<city, int>>();
  holds_structs<portolan::snapshot_map<city, int>>();
  holds_structs<portolan::guarded_map<std::unordered_map<city, int, hash<city>>>>();
  holds_structs<portolan::sharded_map<std::unordered_map<city, int, hash<city>>>>();
  plain_map<city, int> plain;
  plain.insert_or_assign({"Genoa", {44, 8}}, 1);
  EXPECT_EQ(plain.find({"Genoa", {44, 8}}).value_or(-1), 1);
  portolan::aggregate_map<city, portolan::aggregate::count> visits;
  visits.record(city{"Genoa", {44, 8}});
  EXPECT_EQ(visits.find(city{"Genoa", {44, 8}}), 1U);
}

struct by_number {
  std::int32_t number, note;
  friend bool operator==(const by_number& left, const by_number& right) { return left.number == right.number; }
};
struct hash_by_number {
  std::size_t operator()(const by_number& key) const noexcept { return static_cast<std::size_t>(key.number); }
};

// Small structs stand in the line of concurrent_map, where keys are compared by their bits. One that comes with a hash of
// its own may have an == that looks at less: it must not stand there.
TEST(struct_key, stands_in_the_line_of_concurrent_map_only_if_its_bits_decide) {
  using portolan::concurrent::fits_inline;
  static_assert(fits_inline<point, int, hash<point>, equal<point>>);
  static_assert(!fits_inline<padded_key, int, hash<padded_key>, equal<padded_key>>);
  static_assert(!fits_inline<by_number, int, hash_by_number, equal<by_number>>);
  static_assert(!fits_inline<account, int, hash<account>, equal<account>>);
  static_assert(fits_inline<std::uint64_t, int, std::hash<std::uint64_t>, equal<std::uint64_t>>);
  portolan::concurrent_map<by_number, int, hash_by_number> map;
  map.insert({1, 10}, 5);
  EXPECT_EQ(map.find({1, 20}), 5);
  portolan::concurrent_map<point, int> points;
  for (std::int32_t x = -20; x < 20; ++x) {
    for (std::int32_t y = -20; y < 20; ++y) EXPECT_TRUE(points.insert({x, y}, x * 100 + y));
  }
  EXPECT_EQ(points.size(), 1600U);
  EXPECT_EQ(points.find({-1, -1}), -101);  // the bits that an empty slot has
  EXPECT_EQ(points.find({0, 0}), 0);
}

// ---- quality -----------------------------------------------------------------------------------

// Chi-square over its degrees of freedom of `hashes` in 4096 buckets by ten or so bits from `shift` up; random hashes
// give 1 with a standard deviation of 0.022.
double unevenness(const std::vector<std::uint64_t>& hashes, int shift) {
  constexpr std::size_t buckets = 4096;
  std::vector<double> load(buckets);
  for (const std::uint64_t each : hashes) load[(each >> shift) % buckets] += 1;
  const double expected = static_cast<double>(hashes.size()) / buckets;
  double sum = 0;
  for (const double each : load) sum += (each - expected) * (each - expected) / expected;
  return sum / (buckets - 1);
}

struct grid_key {
  std::int16_t layer;
  std::int32_t x, y;
  bool operator==(const grid_key&) const = default;
};

// Grids, sequences and strides: what structs of numbers are in practice. Seeds are fixed, so a failure repeats.
TEST(struct_key, spreads_grids_as_evenly_as_chance) {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= support::scaled(std::uint64_t{20}); ++seed) {
    const hash<grid_key> hasher(portolan::make_seed(seed));
    for (const int stride : {1, 8, 4096, 1 << 20}) {
      std::vector<std::uint64_t> hashes;
      for (std::int16_t layer = 0; layer < 4; ++layer) {
        for (std::int32_t x = 0; x < 64; ++x) {
          for (std::int32_t y = 0; y < 64; ++y) hashes.push_back(hasher({layer, x * stride, y}));
        }
      }
      for (const int shift : {0, 26, 52}) worst = std::max(worst, unevenness(hashes, shift));
      std::sort(hashes.begin(), hashes.end());
      EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end()) << "two keys with one hash";
    }
  }
  RecordProperty("worst_chi_square", std::to_string(worst));
  EXPECT_LT(worst, 1.15);
  EXPECT_GT(worst, 0.9);
}

// One flipped bit of any field flips every bit of the hash about half of the time.
TEST(struct_key, flips_half_of_the_hash_with_any_bit) {
  constexpr int samples = 400;
  std::array<std::array<int, 64>, 80> flips{};
  std::uint64_t state = 1;
  for (int i = 0; i < samples; ++i) {
    const hash<grid_key> hasher(portolan::make_seed(static_cast<std::uint64_t>(i) + 1));
    state = state * 6364136223846793005 + 1442695040888963407;
    const grid_key key{static_cast<std::int16_t>(state >> 20), static_cast<std::int32_t>(state >> 11),
                       static_cast<std::int32_t>(state >> 31)};
    for (int bit = 0; bit < 80; ++bit) {
      grid_key other = key;
      if (bit < 16)
        other.layer = static_cast<std::int16_t>(other.layer ^ (1 << bit));
      else if (bit < 48)
        other.x = static_cast<std::int32_t>(static_cast<std::uint32_t>(other.x) ^ (1U << (bit - 16)));
      else
        other.y = static_cast<std::int32_t>(static_cast<std::uint32_t>(other.y) ^ (1U << (bit - 48)));
      const std::uint64_t changed = hasher(key) ^ hasher(other);
      for (int out = 0; out < 64; ++out) {
        flips[static_cast<std::size_t>(bit)][static_cast<std::size_t>(out)] += static_cast<int>(changed >> out & 1);
      }
    }
  }
  // 5120 counts, each of 400 tosses: mean 200, deviation 10; six deviations are beyond chance.
  for (const auto& of_bit : flips) {
    for (const int count : of_bit) {
      EXPECT_GT(count, 140);
      EXPECT_LT(count, 260);
    }
  }
}

}  // namespace
