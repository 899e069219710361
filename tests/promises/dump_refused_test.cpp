// Promise: whatever is wrong with a dump is refused with the byte at which it is wrong, and the map then holds what it
// held; what can be dumped comes back as it was, in the bytes that are documented.
//
// Method: a small dump is damaged in every way there is: every byte changed in several ways and left out, every length
// cut off, blocks exchanged; not one of these may load. A stream that takes only so many bytes stands for the full disk.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <streambuf>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/plain_map.hpp>

#include "dumps.hpp"

namespace promises {
namespace {

// ---- what is wrong with it -----------------------------------------------------------------------------------------

using words_map = portolan::concurrent_map<std::string, std::uint64_t>;

words_map& some_words() {
  static words_map map;
  if (map.empty()) {
    for (std::uint64_t i = 0; i < 12; ++i) map.insert("word " + std::to_string(i), i * 1'000'000'007);
  }
  return map;
}

/// Loads bytes that must be refused; gives what was thrown.
portolan::dump_error refused(const std::string& bytes) {
  words_map map;
  map.insert("mine", 1);
  std::istringstream in(bytes);
  try {
    portolan::load(map, in);
  } catch (const portolan::dump_error& error) {
    EXPECT_EQ(map.size(), 1U) << "something was put there";
    EXPECT_EQ(map.find("mine"), 1U);
    EXPECT_LE(error.offset(), bytes.size());
    return error;
  }
  ADD_FAILURE() << "was loaded, with " << map.size() << " entries";
  return {portolan::errc::capacity, 0, "", ""};
}

TEST(damaged_dump, is_refused_whichever_byte_was_changed_and_however) {
  const std::string whole = dump_of(some_words());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xFF, 0x20}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      SCOPED_TRACE(testing::Message() << "byte " << at << " changed by " << change);
      static_cast<void>(refused(bytes));
    }
    std::string without = whole;
    without.erase(at, 1);
    SCOPED_TRACE(testing::Message() << "byte " << at << " left out");
    static_cast<void>(refused(without));
  }
}

TEST(damaged_dump, is_refused_wherever_it_ends) {
  const std::string whole = dump_of(some_words());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    SCOPED_TRACE(length);
    const portolan::dump_error error = refused(whole.substr(0, length));
    EXPECT_EQ(error.code(), portolan::errc::dump_truncated) << error.what();
    EXPECT_EQ(error.offset(), length);
  }
}

// Found where it is, not later by what follows from it: a wrong length must not be read with.
TEST(damaged_dump, is_refused_at_the_head_of_the_block_that_is_damaged) {
  const std::string whole = dump_of(some_words());
  const std::size_t head = whole.find("BLOK");
  for (std::size_t at = head; at < head + 20; ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    const portolan::dump_error error = refused(bytes);
    EXPECT_EQ(error.code(), portolan::errc::dump_damaged) << error.what();
    EXPECT_EQ(error.offset(), head);
  }
}

TEST(damaged_dump, is_refused_when_a_block_is_missing_twice_there_or_from_another_dump) {
  words_map map;
  for (std::uint64_t i = 0; i < 9'000; ++i) map.insert("a word that takes some room " + std::to_string(i), i);
  const std::string whole = dump_of(map);
  std::vector<std::size_t> blocks;
  for (std::size_t at = whole.find("BLOK"); at != std::string::npos; at = whole.find("BLOK", at + 1))
    blocks.push_back(at);
  ASSERT_GE(blocks.size(), 3U);
  const std::size_t end = whole.rfind("END.");
  const auto block = [&](std::size_t i) {
    return whole.substr(blocks[i], (i + 1 < blocks.size() ? blocks[i + 1] : end) - blocks[i]);
  };
  const std::string head = whole.substr(0, blocks[0]);
  EXPECT_EQ(refused(head + block(1) + whole.substr(blocks[2])).code(), portolan::errc::dump_damaged);
  EXPECT_EQ(refused(head + block(0) + whole.substr(blocks[0])).code(), portolan::errc::dump_damaged);
  EXPECT_EQ(refused(head + block(1) + whole.substr(blocks[2])).offset(), head.size());
  EXPECT_EQ(refused(head + block(0) + whole.substr(blocks[0])).offset(), head.size() + block(0).size());
  EXPECT_EQ(refused(head + block(0) + whole.substr(end)).code(), portolan::errc::dump_damaged);
  map.insert_or_assign("a word that takes some room 0", 1);
  const std::string other = dump_of(map);  // the same order of entries: the same map
  const std::size_t other_end = other.rfind("END.");
  EXPECT_EQ(refused(whole.substr(0, end) + other.substr(other_end)).code(), portolan::errc::dump_damaged);
}

TEST(damaged_dump, names_what_it_is_instead) {
  const std::string whole = dump_of(some_words());
  EXPECT_EQ(refused("{\"json\": \"no dump, but long enough\"}").code(), portolan::errc::dump_foreign);
  std::string text_mode = whole;
  text_mode.erase(4, 1);
  EXPECT_NE(std::string(refused(text_mode).what()).find("line ends"), std::string::npos);

  std::string newer = whole;
  newer[8] = 2;
  const std::size_t types = static_cast<unsigned char>(whole[12]);
  const std::uint32_t sum = portolan::crc32c(newer.data(), 16 + types);
  for (std::size_t i = 0; i < 4; ++i) newer[16 + types + i] = static_cast<char>(sum >> (8 * i));
  const portolan::dump_error error = refused(newer);
  EXPECT_EQ(error.code(), portolan::errc::dump_newer);
  EXPECT_NE(std::string(error.what()).find("version 2"), std::string::npos) << error.what();

  portolan::plain_map<std::string, std::uint32_t> narrower;
  narrower.insert("one", 1);
  const portolan::dump_error types_differ = refused(dump_of(narrower));
  EXPECT_EQ(types_differ.code(), portolan::errc::dump_types);
  EXPECT_STREQ(
      types_differ.what(),
      "portolan: at byte 16 of the dump: it holds `string -> u32`, the map is `string -> u64`; load it into a map "
      "of its own types");
}

/// Takes so many bytes and no more, as a full disk does.
class full_after : public std::streambuf {
 public:
  explicit full_after(std::size_t bytes) : left_(bytes) {}

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    const auto taken = std::min(left_, static_cast<std::size_t>(count));
    left_ -= taken;
    return static_cast<std::streamsize>(taken);
  }
  int_type overflow(int_type) override { return traits_type::eof(); }

 private:
  std::size_t left_;
};

TEST(full_disk, is_said_wherever_it_happens) {
  const std::size_t whole = dump_of(some_words()).size();
  for (std::size_t room = 0; room < whole; ++room) {
    full_after disk(room);
    std::ostream out(&disk);
    try {
      portolan::dump(some_words(), out);
      ADD_FAILURE() << "room for " << room << " bytes was enough";
    } catch (const portolan::dump_error& error) {
      EXPECT_EQ(error.code(), portolan::errc::dump_stream);
      EXPECT_FALSE(out.good());
    }
  }
  std::ofstream full("/dev/full", std::ios::binary);
  if (full.is_open()) {
    EXPECT_THROW(portolan::dump(some_words(), full), portolan::dump_error) << "buffered until the end";
  }
  std::ofstream closed("/no such folder/file");
  EXPECT_THROW(portolan::dump(some_words(), closed), portolan::dump_error);
  words_map map;
  std::ifstream missing("/no such folder/file");
  EXPECT_THROW(portolan::load(map, missing), portolan::dump_error);
}

TEST(dump_stream, may_hold_several_dumps_one_after_the_other) {
  std::stringstream stream;
  portolan::plain_map<int, int> first;
  first.insert(1, 2);
  portolan::plain_map<std::string, bool> second;
  second.insert("yes", true);
  portolan::dump(first, stream);
  portolan::dump(second, stream);
  stream << "and more";
  portolan::plain_map<int, int> first_again;
  portolan::plain_map<std::string, bool> second_again;
  EXPECT_EQ(portolan::load(first_again, stream).inserted, 1U);
  EXPECT_EQ(portolan::load(second_again, stream).inserted, 1U);
  EXPECT_EQ(second_again.find("yes"), true);
  std::string rest;
  std::getline(stream, rest);
  EXPECT_EQ(rest, "and more");
}

// ---- what can be dumped --------------------------------------------------------------------------------------------

enum class colour : std::uint16_t { red = 1, blue = 515 };
struct point {
  std::int32_t x;
  std::int32_t y;
  friend bool operator==(const point&, const point&) = default;
};
struct fare {
  std::string line;
  std::uint32_t pence;
  friend bool operator==(const fare&, const fare&) = default;
};

}  // namespace
}  // namespace promises

template <>
inline constexpr bool portolan::dumped_as_bytes<promises::point> = true;
template <>
struct portolan::codec<promises::fare> {
  static void describe(std::string& name) { name += "fare/1"; }
  static void write(dump_sink& out, const promises::fare& value) {
    out.put(value.line);
    out.put(value.pence);
  }
  static promises::fare read(dump_source& in) {
    auto line = in.get<std::string>();
    return {std::move(line), in.get<std::uint32_t>()};
  }
};

namespace promises {
namespace {

template <class V>
void comes_back(const V& value, const char* name) {
  portolan::plain_map<int, V> map;
  map.insert(-5, value);
  std::stringstream stream;
  portolan::dump(map, stream);
  EXPECT_NE(stream.str().find(std::string("i32 -> ") + name), std::string::npos) << name;
  portolan::plain_map<int, V> again;
  portolan::load(again, stream);
  const auto found = again.find(-5);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(*found == value) << name;
}

TEST(dumped_value, comes_back_whatever_it_is_made_of) {
  comes_back<bool>(true, "bool");
  comes_back<char>('x', "char");
  comes_back<std::int8_t>(-128, "i8");
  comes_back<std::uint16_t>(0xFEDC, "u16");
  comes_back<long long>(INT64_MIN, "i64");
  comes_back<long>(INT64_MAX, "i64");
  comes_back<char32_t>(U'\x1F5FA', "unicode32");
  comes_back<float>(-0.5F, "f32");
  comes_back<double>(1e300, "f64");
  comes_back<colour>(colour::blue, "enum:u16");
  comes_back<std::string>(std::string(200'000, 'a') + '\0' + "b", "string");
  comes_back<std::u16string>(u"ab", "string<unicode16>");
  comes_back<std::vector<bool>>({true, false, true}, "vector<bool>");
  comes_back<std::vector<std::string>>({"", "one"}, "vector<string>");
  comes_back<std::optional<std::string>>(std::nullopt, "optional<string>");
  comes_back<std::optional<std::pair<int, bool>>>({{7, true}}, "optional<pair<i32,bool>>");
  comes_back<std::tuple<int, std::string, double>>({1, "two", 3.0}, "tuple<i32,string,f64>");
  comes_back<std::array<std::uint8_t, 3>>({1, 2, 3}, "array<u8,3>");
  comes_back<point>({-1, 1 << 30}, "bytes8");
  comes_back<fare>({"ferry", 250}, "fare/1");
}

// The bytes of version 1, written down: a release that reads them no more must call its format version 2.
TEST(dumped_value, has_the_bytes_that_are_documented) {
  portolan::plain_map<std::uint16_t, std::string> map;
  map.insert(std::uint16_t{0x1234}, "harbour");
  const std::string bytes = dump_of(map);
  const char expected[] =
      "\x89PTL\r\n\x1a\n"
      "\x01\0\0\0"
      "\x0d\0\0\0"
      "u16 -> string";
  ASSERT_EQ(bytes.substr(0, 29), std::string(expected, sizeof expected - 1));
  const char block[] = "BLOK\0\0\0\0\x01\0\0\0\x0a\0\0\0";
  ASSERT_EQ(bytes.substr(33, 16), std::string(block, sizeof block - 1));
  const char payload[] = "\x34\x12\x07harbour";
  ASSERT_EQ(bytes.substr(53, 10), payload);
  const char end[] = "END.\x01\0\0\0\x01\0\0\0\0\0\0\0";
  ASSERT_EQ(bytes.substr(67, 16), std::string(end, sizeof end - 1));
  EXPECT_EQ(bytes.size(), 91U);
  EXPECT_EQ(portolan::crc32c("123456789", 9), 0xE3069283U) << "the check value of CRC-32C";
}

// A length that passes its checksum and is absurd all the same must not be believed.
TEST(dumped_value, that_claims_too_much_is_refused_without_taking_memory_for_it) {
  portolan::plain_map<int, std::uint64_t> map;
  map.insert(1, 0xFFFFFFFFFFFFFF7F);  // as the length of a string: 0x7F, more than there is
  std::string bytes = dump_of(map);
  const std::size_t at = bytes.find("i32 -> u64");
  bytes.replace(at, 10, "i32 -> string");
  bytes[12] = 13;
  const std::uint32_t sum = portolan::crc32c(bytes.data(), 16 + 13);
  for (std::size_t i = 0; i < 4; ++i) bytes[29 + i] = static_cast<char>(sum >> (8 * i));
  portolan::plain_map<int, std::string> strings;
  std::istringstream in(bytes);
  try {
    portolan::load(strings, in);
    ADD_FAILURE();
  } catch (const portolan::dump_error& error) {
    EXPECT_EQ(error.code(), portolan::errc::dump_damaged) << error.what();
    EXPECT_NE(std::string(error.what()).find("compare the codecs"), std::string::npos);
  }
  EXPECT_TRUE(strings.empty());
}

}  // namespace
}  // namespace promises
