#include "golden/support/npz.hpp"

#include <gmock/gmock.h>

#include <string>
#include <tuple>

#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

// numpy.savez(file, a=numpy.array([[1, -2]], numpy.int8)): stored, with a zip64 header.
constexpr const char* kStoredByNumpy =
    "504b030414000000000000002100079b7256820000008200000005001400612e6e7079010010008200000000"
    "0000008200000000000000934e554d5059010076007b276465736372273a20277c6931272c2027666f727472"
    "616e5f6f72646572273a2046616c73652c20277368617065273a2028312c2032292c207d2020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "2020202020200a01fe504b0102140314000000000000002100079b7256820000008200000005000000000000"
    "0000000000800100000000612e6e7079504b0506000000000100010033000000b90000000000";
// The same by numpy.savez_compressed.
constexpr const char* kDeflatedByNumpy =
    "504b030414000000080000002100079b7256480000008200000005001400612e6e7079010010008200000000"
    "00000048000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e9369a8aea3a09e965f5452"
    "9498179f5f94920a12774bcc294e058a17672416a402f91a863a0a469a3a0ab50a64032ec67f00504b010214"
    "0314000000080000002100079b72564800000082000000050000000000000000000000800100000000612e6e"
    "7079504b05060000000001000100330000007f0000000000";

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string integers(const std::vector<std::int64_t>& values, NpyType type) {
  NpyArray array;
  array.shape = {values.size()};
  array.integers = values;
  return npy_bytes(array, type);
}

std::string refusal(const std::string& bytes, const std::string& array = "a") {
  try {
    std::ignore = Npz::parse(bytes, "t.npz").array(array);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size()) {
    bytes.replace(at, from.size(), to);
  }
  return bytes;
}

TEST(Npz, ReadsWhatNumpyWrites) {
  for (const char* hex : {kStoredByNumpy, kDeflatedByNumpy}) {
    const Npz npz = Npz::parse(bytes_of(hex), "t.npz");
    EXPECT_THAT(npz.names(), ElementsAre("a"));
    EXPECT_EQ(npz.array("a").shape, (std::vector<std::size_t>{1, 2}));
    EXPECT_THAT(npz.array("a").integers, ElementsAre(1, -2));
  }
}

TEST(Npz, WrittenArchivesReadBack) {
  NpyArray floats;
  floats.is_float = true;
  floats.shape = {2};
  floats.floats = {0.1F, -3};
  const std::vector<std::pair<std::string, std::string>> files = {
      {"b/x", integers({-128, 127}, NpyType::kInt8)},
      {"u", integers({0, 255}, NpyType::kUint8)},
      {"i2", integers({-32768, 32767}, NpyType::kInt16)},
      {"i4", integers({-2147483648, 2147483647}, NpyType::kInt32)},
      {"f", npy_bytes(floats, NpyType::kFloat32)},
      {"text", npy_text_bytes("{\"x\": 1}")}};
  const std::string bytes = npz_bytes(files);
  EXPECT_EQ(bytes, npz_bytes(files));
  const Npz npz = Npz::parse(bytes, "t.npz");
  EXPECT_THAT(npz.names(), ElementsAre("b/x", "f", "i2", "i4", "text", "u"));
  EXPECT_THAT(npz.array("b/x").integers, ElementsAre(-128, 127));
  EXPECT_THAT(npz.array("u").integers, ElementsAre(0, 255));
  EXPECT_THAT(npz.array("i2").integers, ElementsAre(-32768, 32767));
  EXPECT_THAT(npz.array("i4").integers, ElementsAre(-2147483648, 2147483647));
  EXPECT_THAT(npz.array("f").floats, ElementsAre(0.1F, -3));
  EXPECT_EQ(npz.text("text"), "{\"x\": 1}");
}

TEST(Npz, DamageIsNamed) {
  const std::string good = bytes_of(kStoredByNumpy);
  EXPECT_EQ(refusal(good, "b"), "array 'b' is missing");
  EXPECT_THAT(refusal("no archive"), HasSubstr("t.npz: is not an intact .npz file"));
  std::string wrong = good;
  wrong[good.find("\x93NUMPY") + 128] = 5;  // the first element
  EXPECT_THAT(refusal(wrong), HasSubstr("array 'a' is damaged (CRC error"));
  const std::string entry = integers({1}, NpyType::kInt8);
  const std::string two = npz_bytes({{"a", entry}, {"b", entry}});
  EXPECT_THAT(refusal(replaced(two, "b.npy", "a.npy")), HasSubstr("(File already exists)"));
  EXPECT_THAT(refusal(replaced(two, "b.npy", "b_npy")), HasSubstr("holds 'b_npy'; allowed: .npy"));
  EXPECT_EQ(refusal(npz_bytes({{"a", "no array"}})), "array 'a': is not an .npy file");
  EXPECT_THAT(refusal(npz_bytes({{"a", npy_text_bytes("x")}})), HasSubstr("element type '<U1'"));
  EXPECT_THROW(std::ignore = Npz::parse(good, "t").text("a"), UserError);
}

// A megabyte of zeros in a few bytes, of which the archive says another size.
TEST(Npz, SizesAreNotBelieved) {
  constexpr std::size_t kElements = std::size_t{1} << 20;
  const std::string entry = integers(std::vector<std::int64_t>(kElements), NpyType::kInt8);
  const std::string bomb = npz_bytes({{"a", entry}});
  ASSERT_LT(bomb.size(), 20000U);
  EXPECT_EQ(refusal(bomb), "");
  // The unpacked size stands in the local header and in the central one.
  const auto with_size = [&](std::uint32_t size) {
    std::string bytes = bomb;
    for (int i = 0; i < 4; ++i) {
      const auto byte = static_cast<char>(size >> (8 * i) & 255);
      bytes[bytes.find("PK\x03\x04") + 22 + static_cast<std::size_t>(i)] = byte;
      bytes[bytes.rfind("PK\x01\x02") + 24 + static_cast<std::size_t>(i)] = byte;
    }
    return bytes;
  };
  const auto size = static_cast<std::uint32_t>(entry.size());
  ASSERT_EQ(with_size(size), bomb);
  for (const std::uint32_t wrong : {0U, 1U, size - 1, size + 1, 0x7FFFFFFFU}) {
    EXPECT_THAT(refusal(with_size(wrong)),
                AnyOf(HasSubstr("array 'a' is damaged"),
                      HasSubstr("bytes; its header asks for " + std::to_string(size))))
        << wrong;
  }
  EXPECT_THAT(refusal(with_size(0x80000001U)), HasSubstr("unpacks to more than 2147483648 bytes"));
}

// A file that is cut off is refused, a wrong byte is refused or changes nothing that is read.
TEST(Npz, HostileFilesAreUserErrors) {
  constexpr std::uint32_t kSeed = 1;
  HostRandom random(kSeed);
  SCOPED_TRACE(kSeed);
  for (const char* hex : {kStoredByNumpy, kDeflatedByNumpy}) {
    const std::string good = bytes_of(hex);
    for (std::size_t length = 0; length < good.size(); ++length) {
      EXPECT_NE(refusal(good.substr(0, length)), "") << length;
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1 + random.below(255)));
      try {
        const Npz npz = Npz::parse(bad, "t.npz");
        for (const std::string& name : npz.names()) {
          EXPECT_THAT(npz.array(name).integers, ElementsAre(1, -2)) << at;
        }
      } catch (const UserError&) {
      }
    }
  }
}

}  // namespace
}  // namespace sylvester
