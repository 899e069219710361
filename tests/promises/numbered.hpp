// Any map of the family behind one interface that speaks in numbers, so that a test is compiled once and not once a
// map, and a map once and not once a test.
//
//   test ── numbered_map (virtual) ── numbered<subject> ── the map, its keys and values made from the numbers
//                                     numbered_of.hpp
//
// Maps of numbers, and whatever other subject several tests have, lie in numbered_maps.cpp and numbered_hashes.cpp,
// with which every test is linked; a test with other subjects includes numbered_of.hpp.
//
// 1. Values are made from numbers and read back as numbers (kinds.hpp); a value that is not whole fails the test.
// 2. What the map's type does not offer says so in `lacks()`; calling it fails the test.
// 3. The calls add nothing that synchronises: what two threads see through this they see through the map.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "family.hpp"

namespace promises {

using answer = std::optional<std::uint64_t>;

/// What a compute callable is to do: keep, erase, assign `number`, or add it to what is there.
struct wish {
  enum class kind { keep, erase, add, assign } what;
  std::uint64_t number = 0;
};

/// What some map's type may lack.
struct lacking {
  bool find = false;
  bool compare = false;
  bool exchange = false;
  bool load_or_compute = false;
  bool walk = false;
  bool erase_if = false;
};

class numbered_map {
 public:
  using pair = std::pair<std::uint64_t, std::uint64_t>;

  virtual ~numbered_map() = default;
  [[nodiscard]] virtual lacking lacks() const = 0;
  virtual answer find(std::uint64_t key) const = 0;
  virtual bool contains(std::uint64_t key) const = 0;
  virtual answer visit(std::uint64_t key) const = 0;
  virtual bool insert(std::uint64_t key, std::uint64_t number) = 0;
  virtual bool try_emplace(std::uint64_t key, std::uint64_t number) = 0;
  virtual portolan::assignment insert_or_assign(std::uint64_t key, std::uint64_t number) = 0;
  virtual answer exchange(std::uint64_t key, std::uint64_t number) = 0;
  virtual answer extract(std::uint64_t key) = 0;
  virtual bool erase(std::uint64_t key) = 0;
  virtual std::size_t erase_if(const std::function<bool(std::uint64_t number)>& goes) = 0;
  virtual portolan::comparison compare_exchange(std::uint64_t key, std::uint64_t expected, std::uint64_t desired) = 0;
  virtual portolan::comparison compare_erase(std::uint64_t key, std::uint64_t expected) = 0;
  virtual portolan::computed compute(std::uint64_t key, wish wanted) = 0;
  virtual answer load_or_compute(std::uint64_t key, const std::function<answer()>& make) = 0;
  /// Shows values only; false stops.
  virtual void for_each(const std::function<bool(std::uint64_t number)>& show) const = 0;
  /// Shows keys and values, all.
  virtual void walk(const std::function<void(std::uint64_t key, std::uint64_t number)>& show) const = 0;
  virtual std::size_t size() const = 0;
  virtual bool empty() const = 0;
  virtual void clear() = 0;
  virtual void reserve(std::size_t entries) = 0;
};

/// A map of this subject; defined in numbered_of.hpp.
template <class Subject>
std::unique_ptr<numbered_map> make_numbered();

/// One row of a list of maps to run a test over.
struct numbered_kind {
  std::string name;
  std::unique_ptr<numbered_map> (*make)();
  std::string family;
  bool copies;    // each write copies the map
  bool bad_hash;  // keys crowd in few places

  /// As many as a test wants, or a twentieth where every write copies the map.
  [[nodiscard]] std::uint64_t amount(std::uint64_t wanted) const {
    return copies && wanted >= 20 ? wanted / 20 : wanted;
  }
};
inline void PrintTo(const numbered_kind& kind, std::ostream* out) { *out << kind.name; }

template <class Subject>
numbered_kind numbered_kind_of() {
  return {Subject::name(), &make_numbered<Subject>, Subject::family::name, requires {Subject::family::copies;
}
, !std::is_same_v<typename Subject::hash, portolan::hash<typename Subject::key>>
};  // namespace promises
}
template <class... Subjects>
std::vector<numbered_kind> numbered_kinds(testing::Types<Subjects...>) {
  return {numbered_kind_of<Subjects>()...};
}

/// For INSTANTIATE_TEST_SUITE_P: every map of a list of subjects, by name.
template <class List>
auto over() {
  return testing::ValuesIn(numbered_kinds(List()));
}
struct numbered_names {
  std::string operator()(const testing::TestParamInfo<numbered_kind>& info) const { return info.param.name; }
};

// Subjects that several tests have; compiled in numbered_maps.cpp and numbered_hashes.cpp.
using numbers_and_texts =
    join<subjects<every_family>, subjects<every_family, text, text>, subjects<testing::Types<lock_free_hazard>>>;
using with_constant_hash =
    join<subjects<every_family, number, number, constant_hash>, subjects<families_by_kind, text, text, constant_hash>>;
using with_near_hashes = join<subjects<families_with_tables, number, number, low_bits_hash>,
                              subjects<families_with_tables, number, number, high_bits_hash>>;

template <class Subject>
using for_threads = std::bool_constant<Subject::family::shared>;

}  // namespace promises
