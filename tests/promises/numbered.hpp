// Any map of the family behind one interface that speaks in numbers, so that a long test is compiled once and not
// once a map.
//
//   test ── numbered_map (virtual) ── numbered<subject> ── the map, its keys and values made from the numbers
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

/// What a compute callable is to do: keep, erase, or assign `number` (added to what is there).
struct wish {
  enum class kind { keep, erase, add } what;
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
  virtual std::size_t size() const = 0;
  virtual bool empty() const = 0;
  virtual void clear() = 0;
  virtual void reserve(std::size_t entries) = 0;
};

template <class Subject>
class numbered final : public numbered_map {
  using map_type = typename Subject::map;
  using value = typename Subject::value;
  static auto at(std::uint64_t number) { return Subject::key_of(number); }
  static auto of(std::uint64_t number) { return Subject::value_of(number); }
  template <class Found>
  static answer told(const Found& found) {
    return found ? answer(Subject::number_of(*found)) : std::nullopt;
  }
  static constexpr lacking absent{!offers_find<map_type>,
                                  !offers_compare_exchange<map_type> || !offers_compare_erase<map_type>,
                                  !offers_exchange<map_type> || !offers_extract<map_type>,
                                  !offers_load_or_compute<map_type>,
                                  !offers_for_each<map_type>,
                                  !offers_erase_if<map_type>};

 public:
  [[nodiscard]] lacking lacks() const override { return absent; }
  answer find(std::uint64_t key) const override { return number_at<Subject>(map_, at(key)); }
  bool contains(std::uint64_t key) const override { return map_.contains(at(key)); }
  answer visit(std::uint64_t key) const override {
    answer seen;
    if constexpr (offers_visit<map_type>) {
      const bool there = map_.visit(at(key), [&](const value& shown) { seen = Subject::number_of(shown); });
      EXPECT_EQ(there, seen.has_value());
    } else {
      seen = find(key);
    }
    return seen;
  }
  bool insert(std::uint64_t key, std::uint64_t number) override { return map_.insert(at(key), of(number)); }
  bool try_emplace(std::uint64_t key, std::uint64_t number) override { return map_.try_emplace(at(key), of(number)); }
  portolan::assignment insert_or_assign(std::uint64_t key, std::uint64_t number) override {
    return map_.insert_or_assign(at(key), of(number));
  }
  answer exchange(std::uint64_t key, std::uint64_t number) override {
    if constexpr (!absent.exchange) return told(map_.exchange(at(key), of(number)));
    return missing<answer>(key, number);
  }
  answer extract(std::uint64_t key) override {
    if constexpr (!absent.exchange) return told(map_.extract(at(key)));
    return missing<answer>(key);
  }
  bool erase(std::uint64_t key) override { return map_.erase(at(key)); }
  std::size_t erase_if(const std::function<bool(std::uint64_t)>& goes) override {
    if constexpr (!absent.erase_if) {
      return map_.erase_if([&](const auto&, const value& shown) { return goes(Subject::number_of(shown)); });
    }
    return missing<std::size_t>(goes);
  }
  portolan::comparison compare_exchange(std::uint64_t key, std::uint64_t expected, std::uint64_t desired) override {
    if constexpr (!absent.compare) return map_.compare_exchange(at(key), of(expected), of(desired));
    return missing<portolan::comparison>(key, expected, desired);
  }
  portolan::comparison compare_erase(std::uint64_t key, std::uint64_t expected) override {
    if constexpr (!absent.compare) return map_.compare_erase(at(key), of(expected));
    return missing<portolan::comparison>(key, expected);
  }
  portolan::computed compute(std::uint64_t key, wish wanted) override {
    return map_.compute(at(key), [&](const value* now) -> portolan::decision<value> {
      switch (wanted.what) {
        case wish::kind::keep: return portolan::keep;
        case wish::kind::erase: return portolan::erase;
        case wish::kind::add: break;
      }
      return portolan::assign(of(now == nullptr ? wanted.number : Subject::number_of(*now) + wanted.number));
    });
  }
  answer load_or_compute(std::uint64_t key, const std::function<answer()>& make) override {
    if constexpr (!absent.load_or_compute) {
      return told(map_.load_or_compute(at(key), [&]() -> std::optional<value> {
        const answer made = make();
        if (!made) return std::nullopt;
        return of(*made);
      }));
    }
    return missing<answer>(key, make);
  }
  void for_each(const std::function<bool(std::uint64_t)>& show) const override {
    if constexpr (!absent.walk) {
      map_.for_each([&](const auto&, const value& shown) { return show(Subject::number_of(shown)); });
    } else {
      missing<int>(show);
    }
  }
  std::size_t size() const override { return map_.size(); }
  bool empty() const override { return map_.empty(); }
  void clear() override { map_.clear(); }
  void reserve(std::size_t entries) override { make_room(map_, entries); }

 private:
  template <class Result, class... Unused>
  static Result missing(const Unused&...) {
    ADD_FAILURE() << "the map's type does not offer this";
    return Result{};
  }

  map_type map_;
};

/// One row of a list of maps to run a test over.
struct numbered_kind {
  std::string name;
  std::function<std::unique_ptr<numbered_map>()> make;
};
inline void PrintTo(const numbered_kind& kind, std::ostream* out) { *out << kind.name; }

template <class... Subjects>
std::vector<numbered_kind> numbered_kinds(testing::Types<Subjects...>) {
  return {numbered_kind{Subjects::name(), [] { return std::make_unique<numbered<Subjects>>(); }}...};
}

/// For INSTANTIATE_TEST_SUITE_P: every map of a list of subjects, by name.
template <class List>
auto over() {
  return testing::ValuesIn(numbered_kinds(List()));
}
struct numbered_names {
  std::string operator()(const testing::TestParamInfo<numbered_kind>& info) const { return info.param.name; }
};

}  // namespace promises
