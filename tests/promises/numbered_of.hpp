// A map of a given subject behind the interface of numbered.hpp.
#pragma once

#include "numbered.hpp"

namespace promises {

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
        case wish::kind::assign: return portolan::assign(of(wanted.number));
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
  void walk(const std::function<void(std::uint64_t, std::uint64_t)>& show) const override {
    if constexpr (!absent.walk) {
      map_.for_each(
          [&](const auto& key, const value& shown) { show(Subject::key_kind::read(key), Subject::number_of(shown)); });
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

template <class Subject>
std::unique_ptr<numbered_map> make_numbered() {
  return std::make_unique<numbered<Subject>>();
}

/// Makes the compiler put these into the object file.
template <class... Subjects>
std::vector<std::unique_ptr<numbered_map> (*)()> made_here(testing::Types<Subjects...>) {
  return {&make_numbered<Subjects>...};
}

}  // namespace promises
