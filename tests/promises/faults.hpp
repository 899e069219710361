// Faults on demand: the n-th call of whatever may throw throws, for every n.
//
//   at_every_fault([&] { the operation }, [&](bool threw) { the audit });
//
// 1. `at_every_fault` runs the operation with the first point failing, then the second, … until a run meets fewer
//    points than that: every throw point was tried.
// 2. `fragile::alive` counts objects: after everything is gone it must be what it was.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <new>

#include <gtest/gtest.h>

#include "tests/support/faults.hpp"

namespace promises {

using support::fault;
using support::faults;
using support::injected;

/// Runs `operation` once for each of its fault points; `prepare` before and `audit` after each run, without faults.
/// Returns how many points there were.
inline int at_every_fault(const std::function<void()>& prepare, const std::function<void()>& operation,
                          const std::function<void(bool threw)>& audit) {
  for (int nth = 1; nth < 10'000; ++nth) {
    SCOPED_TRACE(testing::Message() << "fault point " << nth);
    prepare();
    bool threw = false;
    faults::arm(nth);
    try {
      operation();
    } catch (const injected&) {
      threw = true;
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    faults::disarm();
    const bool fired = faults::fired();
    EXPECT_TRUE(fired || !threw);
    audit(threw);
    if (!fired) return nth - 1;
    if (testing::Test::HasFailure()) return nth;
  }
  ADD_FAILURE() << "a run that never ends";
  return 0;
}

/// A key or value of which everything may throw: constructing, copying, moving, assigning, comparing, hashing.
struct fragile {
  static constexpr const char* name = "fragile";
  class type {
   public:
    explicit type(std::uint64_t n) : number_(n) {
      faults::point();
      ++alive;
    }
    type(const type& other) : number_(other.number_) {
      faults::point();
      ++alive;
    }
    type(type&& other) noexcept(false) : number_(other.number_) {
      faults::point();
      ++alive;
    }
    type& operator=(const type& other) {
      faults::point();
      number_ = other.number_;
      return *this;
    }
    type& operator=(type&& other) noexcept(false) {
      faults::point();
      number_ = other.number_;
      return *this;
    }
    ~type() { --alive; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    friend bool operator==(const type& left, const type& right) {
      faults::point();
      return left.number_ == right.number_;
    }

    static inline std::atomic<std::int64_t> alive{0};

   private:
    std::uint64_t number_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number(); }
};

/// A hash that may throw.
struct fragile_hash {
  static constexpr const char* name = "fragile_hash";
  template <class K>
  struct of {
    std::size_t operator()(const K& key) const {
      faults::point();
      return static_cast<std::size_t>(key.number() * 0x9E3779B97F4A7C15);
    }
  };
};

}  // namespace promises
