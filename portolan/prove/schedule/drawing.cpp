// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <portolan/prove/schedule/drawing.hpp>

namespace portolan::prove::schedule {
namespace {

const char* name_of(action what) {
  static constexpr std::array names{"read", "write", "fence"};
  return names[static_cast<std::size_t>(what)];
}

const char* name_of(ordering order) {
  static constexpr std::array names{"relaxed", "acquire", "release", "acq_rel", "seq_cst", "light"};
  return names[static_cast<std::size_t>(order)];
}

class drawing {
 public:
  explicit drawing(const graph& of) : of_(of) {}

  void add_thread(unsigned thread, const std::vector<begun_operation>& operations) {
    text_ += "thread " + std::to_string(thread) + "\n";
    auto operation = operations.begin();
    for (unsigned index = 0; index <= of_.count(thread); ++index) {
      for (; operation != operations.end() && operation->first_event == index; ++operation) {
        text_ += std::string("  ") + operation->name + "\n";
      }
      if (index != of_.count(thread)) add_event({thread, index});
    }
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void add_event(event_id id) {
    const event& each = of_.at(id);
    std::array<char, 64> value{};
    if (each.what != action::fence) {
      std::snprintf(value.data(), value.size(),
                    each.value.high != 0 ? "word %zu  %" PRIx64 ":%" PRIx64 : "word %zu  %" PRIx64,
                    number_of(each.place), each.value.low, each.value.high);
    }
    std::array<char, 32> source{};
    if (each.what == action::read && !each.source.is_initial()) {
      std::snprintf(source.data(), source.size(), "from %u.%u", each.source.thread(), each.source.index());
    }
    const char* const file = each.at.file == nullptr ? "" : each.at.file;
    const char* const slash = std::strrchr(file, '/');
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "  %u.%-4u%-6s%-8s  %-30s%-10s  %s", id.thread(), id.index(),
                  name_of(each.what), name_of(each.order), value.data(), source.data(),
                  slash == nullptr ? file : slash + 1);
    text_ += line.data();
    // An address in a program or library stands for itself (lines.hpp).
    if (each.at.line != 0) text_.append(":").append(std::to_string(each.at.line));
    text_ += '\n';
  }
  [[nodiscard]] std::size_t number_of(place_id word) {
    return numbers_.try_emplace(word, numbers_.size()).first->second;
  }

  const graph& of_;
  std::map<place_id, std::size_t> numbers_;
  std::string text_;
};

}  // namespace

std::string drawing_of(const graph& execution, unsigned threads, const std::vector<begun_operation>* operations) {
  drawing made(execution);
  for (unsigned thread = 0; thread < threads; ++thread) made.add_thread(thread, operations[thread]);
  return std::move(made).text();
}

}  // namespace portolan::prove::schedule
