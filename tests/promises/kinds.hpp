// The kinds of keys, values and hashes that promises are tried with.
//
// Each kind makes an object from a number and reads the number back; `read` also checks that the object is whole
// (every word of it says the same number, it stands where its alignment wants it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <portolan/base/hash.hpp>

namespace promises {

/// Trivially copyable, eight bytes.
struct number {
  static constexpr const char* name = "number";
  using type = std::uint64_t;
  static type make(std::uint64_t n) { return n; }
  static std::uint64_t read(type made) { return made; }
};

/// std::string; odd numbers are short enough to lie inside the object, even ones are not.
struct text {
  static constexpr const char* name = "text";
  using type = std::string;
  static type make(std::uint64_t n) {
    const std::string digits = std::to_string(n);
    return n % 2 == 1 ? digits : digits + " and so on, until no small buffer holds it";
  }
  static std::uint64_t read(const type& made) {
    const std::uint64_t n = std::strtoull(made.c_str(), nullptr, 10);
    EXPECT_EQ(made, make(n));
    return n;
  }
};

/// Can be moved, not copied; owns memory, so that a value lost or freed twice shows under a sanitizer.
struct move_only {
  static constexpr const char* name = "move_only";
  class type {
   public:
    explicit type(std::uint64_t n) : owned_(new std::uint64_t(n)) {}
    type(type&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
    type& operator=(type&& other) noexcept {
      std::swap(owned_, other.owned_);
      return *this;
    }
    ~type() { delete owned_; }
    [[nodiscard]] std::uint64_t number() const { return owned_ == nullptr ? ~std::uint64_t{0} : *owned_; }
    friend bool operator==(const type& left, const type& right) { return left.number() == right.number(); }

   private:
    std::uint64_t* owned_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number(); }
};

/// Has no default constructor.
struct no_default {
  static constexpr const char* name = "no_default";
  class type {
   public:
    explicit type(std::uint64_t n) : number_(n) {}
    [[nodiscard]] std::uint64_t number() const { return number_; }
    friend bool operator==(const type&, const type&) = default;

   private:
    std::uint64_t number_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number(); }
};

/// Must stand on a cache line of its own.
struct over_aligned {
  static constexpr const char* name = "over_aligned";
  struct alignas(64) type {
    std::uint64_t number;
    friend bool operator==(const type&, const type&) = default;
  };
  static type make(std::uint64_t n) { return type{n}; }
  static std::uint64_t read(const type& made) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&made) % alignof(type), 0U);
    return made.number;
  }
};

/// As many words as wanted, all equal: a half-written one shows.
template <std::size_t Words>
struct words {
  struct type {
    std::uint64_t word[Words];
    friend bool operator==(const type&, const type&) = default;
  };
  static type make(std::uint64_t n) {
    type made;
    for (std::uint64_t& each : made.word) each = n;
    return made;
  }
  static std::uint64_t read(const type& made) {
    for (const std::uint64_t each : made.word) {
      if (each != made.word[0]) ADD_FAILURE() << "half-written: " << made.word[0] << " beside " << each;
    }
    return made.word[0];
  }
};
struct two_words : words<2> {
  static constexpr const char* name = "two_words";
};
/// 1 KiB.
struct big : words<128> {
  static constexpr const char* name = "big";
};

/// 1 KiB, on cache lines of its own, without a default constructor: all that a copied value may ask of a map at once.
struct demanding {
  static constexpr const char* name = "demanding";
  class alignas(64) type {
   public:
    explicit type(std::uint64_t n) : words_(words<128>::make(n)) {}
    [[nodiscard]] std::uint64_t number() const { return words<128>::read(words_); }
    friend bool operator==(const type&, const type&) = default;

   private:
    words<128>::type words_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&made) % alignof(type), 0U);
    return made.number();
  }
};

// Hashes, from the one that users get to the worst one they can write.
struct good_hash {
  static constexpr const char* name = "good_hash";
  template <class K>
  using of = portolan::hash<K>;
};
struct constant_hash {
  static constexpr const char* name = "constant_hash";
  template <class K>
  struct of {
    using is_transparent = void;
    std::size_t operator()(const auto&) const noexcept { return 42; }
  };
};
/// A good hash of which `Kept` bits remain; avalanching, so that no map mixes it again: near collisions arrive as they are.
template <std::uint64_t Kept>
struct bits_of_hash {
  template <class K>
  struct of {
    using is_avalanching = void;
    using is_transparent = void;
    std::uint64_t operator()(const auto& key) const noexcept { return portolan::hash<K>()(key) & Kept; }
  };
};
struct low_bits_hash : bits_of_hash<0x7F> {
  static constexpr const char* name = "low_bits_hash";
};
struct high_bits_hash : bits_of_hash<~std::uint64_t{0} << 57> {
  static constexpr const char* name = "high_bits_hash";
};

}  // namespace promises
