// A number as a text key: so tests that count on numbers run on the maps of texts as well, whose writes of nodes go
// another way (portolan/map/concurrent/near_node.hpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace support {

class text_number {
 public:
  template <std::integral Number>
  text_number(Number given) noexcept {
    const auto number = static_cast<std::uint64_t>(given);
    std::memcpy(characters_, &number, sizeof number);
  }
  text_number(const char* data, std::size_t size) noexcept { std::memcpy(characters_, data, size < 8 ? size : 8); }

  [[nodiscard]] const char* data() const noexcept { return characters_; }
  [[nodiscard]] std::size_t size() const noexcept { return sizeof characters_; }
  operator std::uint64_t() const noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, characters_, sizeof number);
    return number;
  }

 private:
  char characters_[8] = {};
};

}  // namespace support
