#include "step.hpp"

#include <cstdio>

namespace fuzz {
namespace {

constexpr const char* names[] = {
#define X(name) #name,
    FUZZ_OPERATIONS(X)
#undef X
};

/// How often each operation is drawn; what costs a walk is rare. In groups as the list of operations.
constexpr int weight_of(op which, bias leaning) {
  switch (which) {
    case op::find:
    case op::contains: return leaning == bias::looking ? 60 : 16;
    case op::visit:
    case op::pin:
    case op::unpin:
    case op::prefetch: return leaning == bias::looking ? 20 : 6;
    case op::insert:
    case op::try_emplace:
    case op::insert_or_assign:
    case op::exchange:
    case op::compute_assign:
    case op::load_or_compute: return leaning == bias::putting ? 40 : leaning == bias::taking ? 6 : 20;
    case op::compare_exchange:
    case op::compute_optional:
    case op::load_or_store:
    case op::compare_and_swap: return 10;
    case op::erase:
    case op::extract:
    case op::compute_erase:
    case op::compare_erase: return leaning == bias::taking ? 40 : leaning == bias::putting ? 6 : 18;
    case op::insert_each:
    case op::assign_each: return leaning == bias::putting ? 12 : 3;
    case op::erase_each: return leaning == bias::taking ? 12 : 3;
    case op::compute_keep:
    case op::load_declined:
    case op::load_nested:
    case op::measure: return 5;
    case op::update:
    case op::find_many:
    case op::visit_many:
    case op::find_each:
    case op::visit_each: return 2;
    default: return 1;
  }
}

struct wheel {
  std::uint16_t turns = 0;
  std::array<op, 2048> at{};
};
constexpr wheel wheel_of(bias leaning) {
  wheel made;
  for (std::size_t i = 0; i < op_count; ++i) {
    for (int n = weight_of(static_cast<op>(i), leaning); n > 0; --n) made.at[made.turns++] = static_cast<op>(i);
  }
  return made;
}
constexpr std::array<wheel, 4> wheels{wheel_of(bias::even), wheel_of(bias::putting), wheel_of(bias::taking),
                                      wheel_of(bias::looking)};

std::uint64_t next_of(std::uint64_t& state) noexcept {  // splitmix64, Steele, Lea and Flood 2014
  state += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

constexpr std::size_t setup_bytes = 4;
constexpr std::size_t step_bytes = 5;

setup setup_of(std::span<const std::uint8_t, setup_bytes> bytes) noexcept {
  setup start;
  start.map = bytes[0];
  start.keys = bytes[1] % 4;
  start.crowd = static_cast<crowding>(bytes[2] % 4);
  start.leaning = static_cast<bias>(bytes[3] % 4);
  start.failing = (bytes[3] & 4) != 0;
  return start;
}

}  // namespace

const char* name_of(op which) noexcept { return names[static_cast<std::size_t>(which)]; }

std::uint64_t key_at(std::uint32_t index) noexcept {
  if (index == 1) return ~std::uint64_t{0};
  if (index == 2) return std::uint64_t{1} << 63;
  return index;
}
std::uint64_t call::key_of(std::uint32_t i) const noexcept { return key_at((index + i) & mask); }

call call_of(const setup& start, const step& one, std::size_t position) noexcept {
  static constexpr std::uint32_t masks[] = {7, 31, 255, 2047};
  call made{};
  made.what = one.what;
  made.mask = masks[start.keys];
  made.index = (one.key | (one.more & 7U) << 8) & made.mask;
  made.key = key_at(made.index);
  // Another number at each step: a value that comes back late shows.
  made.number = one.arg == 0 ? 0 : one.arg == 255 ? ~std::uint64_t{0} : (position + 1) << 8 | one.arg;
  made.more = one.more;
  made.other = (one.more & 0x80) != 0;
  return made;
}

program decode(std::span<const std::uint8_t> bytes) {
  program made;
  if (bytes.size() < setup_bytes) return made;
  made.start = setup_of(bytes.first<setup_bytes>());
  for (auto rest = bytes.subspan(setup_bytes); rest.size() >= step_bytes; rest = rest.subspan(step_bytes)) {
    made.steps.push_back({static_cast<op>(rest[0] % op_count), rest[1], rest[2], rest[3], rest[4]});
  }
  return made;
}

std::vector<std::uint8_t> encode(const program& from) {
  std::vector<std::uint8_t> bytes{from.start.map, from.start.keys, static_cast<std::uint8_t>(from.start.crowd),
                                  static_cast<std::uint8_t>(from.start.failing ? 4 : 0)};
  for (const step& each : from.steps) {
    bytes.insert(bytes.end(), {static_cast<std::uint8_t>(each.what), each.key, each.arg, each.more, each.fault});
  }
  return bytes;
}

program draw(std::uint64_t seed, std::uint8_t map, std::size_t steps) {
  std::uint64_t state = seed * 0x9E3779B97F4A7C15 + map;
  program made;
  const std::uint64_t chosen = next_of(state);
  made.start.map = map;
  made.start.keys = chosen % 4;
  made.start.crowd = chosen / 4 % 4 != 0 ? crowding::none : static_cast<crowding>(chosen / 16 % 4);
  made.start.failing = chosen / 64 % 4 == 0;
  made.steps.reserve(steps);
  bias leaning = bias::even;
  while (made.steps.size() < steps) {
    if (made.steps.size() % 128 == 0) leaning = static_cast<bias>(next_of(state) % 4);
    const std::uint64_t bits = next_of(state);
    const wheel& turned = wheels[static_cast<std::size_t>(leaning)];
    const auto byte = [&](int i) { return static_cast<std::uint8_t>(bits >> (16 + 8 * i)); };
    // The second map is asked one time in eight, so that the first one gets somewhere.
    const auto more = static_cast<std::uint8_t>((byte(4) & 7) == 0 ? byte(2) | 0x80 : byte(2) & 0x7F);
    made.steps.push_back({turned.at[(bits & 0xFFFF) % turned.turns], byte(0), byte(1), more, byte(3)});
  }
  return made;
}

std::string written(const setup& start, const step& one, std::size_t position) {
  const call made = call_of(start, one, position);
  char line[200];
  std::snprintf(line, sizeof line, "%s.%s(key %llu, number %llu, more %u);", made.other ? "second" : "first",
                name_of(one.what), static_cast<unsigned long long>(made.key),
                static_cast<unsigned long long>(made.number), made.more & 0x7FU);
  std::string text = line;
  if (start.failing && one.fault > 191) text += "  // call " + std::to_string(one.fault - 191) + " fails";
  return text;
}

}  // namespace fuzz
