// libFuzzer's way into the parsers: PORTOLAN_FUZZ_PARSER names the one (parsers.hpp), the bytes are its input.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "parsers.hpp"

namespace {
fuzz::parser chosen() {
  const char* wanted = std::getenv("PORTOLAN_FUZZ_PARSER");
  for (std::size_t i = 0; wanted != nullptr && i < fuzz::parser_count; ++i) {
    const auto one = static_cast<fuzz::parser>(i);
    if (std::string_view(wanted) == fuzz::name_of(one)) return one;
  }
  std::fputs("PORTOLAN_FUZZ_PARSER must be one of:", stderr);
  for (std::size_t i = 0; i < fuzz::parser_count; ++i) {
    std::fprintf(stderr, " %s", fuzz::name_of(static_cast<fuzz::parser>(i)));
  }
  std::fputs("\n", stderr);
  std::exit(2);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  static const fuzz::parser which = chosen();
  if (const auto trouble = fuzz::read(which, {bytes, count}).trouble) {
    std::fprintf(stderr, "%s: %s\n", fuzz::name_of(which), trouble->c_str());
    std::abort();
  }
  return 0;
}
