#include "golden/support/npy.hpp"

#include <gtest/gtest.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

// A file of version 1.0 with this header and these data bytes.
std::string file(const std::string& header, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(header.size()), '\0'};
  return bytes + header + data;
}

std::string header(const std::string& type, const std::string& fortran, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

TEST(Npy, ReadsEveryTypeAndOrder) {
  const auto integers = [](const std::string& type, const std::string& data) {
    return parse_npy(file(header(type, "False", "(2,)"), data), "f").integers;
  };
  EXPECT_EQ(integers("|i1", "\x7f\x80"), (std::vector<std::int64_t>{127, -128}));
  EXPECT_EQ(integers("|u1", "\x7f\x80"), (std::vector<std::int64_t>{127, 128}));
  EXPECT_EQ(integers("<i2", {"\x01\x02\xff\xff", 4}), (std::vector<std::int64_t>{513, -1}));
  EXPECT_EQ(integers(">i2", {"\x01\x02\xff\xfe", 4}), (std::vector<std::int64_t>{258, -2}));
  const NpyArray floats =
      parse_npy(file(header("<f4", "False", "(1, 1)"), {"\x00\x00\xc0\xbf", 4}), "f");
  EXPECT_TRUE(floats.is_float);
  EXPECT_EQ(floats.floats, std::vector<double>{-1.5});
}

TEST(Npy, FortranOrderBecomesCOrder) {
  // [[0, 1, 2], [3, 4, 5]] column by column.
  const NpyArray array = parse_npy(file(header("|i1", "True", "(2, 3)"), {"\0\3\1\4\2\5", 6}), "f");
  EXPECT_EQ(array.integers, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Npy, WrittenArraysReadBack) {
  NpyArray array;
  array.shape = {2, 3};
  array.integers = {1, -2, 3, -4, 5, -6};
  const std::string bytes = npy_bytes(array);
  EXPECT_EQ((bytes.size() - 6 * 8) % 64, 0u);
  const NpyArray copy = parse_npy(bytes, "f");
  EXPECT_EQ(copy.shape, array.shape);
  EXPECT_EQ(copy.integers, array.integers);
}

TEST(Npy, EmptyArraysAreRead) {
  const NpyArray array = parse_npy(file(header("<f8", "True", "(0, 5)"), ""), "f");
  EXPECT_EQ(array.size(), 0u);
  EXPECT_EQ(array.shape, (std::vector<std::size_t>{0, 5}));
}

TEST(Npy, TheMessageNamesBytesAndShape) {
  try {
    parse_npy(file(header("<i2", "False", "(2, 1)"), "abcdef"), "f.npy");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "f.npy: 6 bytes follow the header; its shape (2, 1) needs 4");
  }
}

TEST(Npy, MalformedFilesAreUserErrors) {
  const std::string good = file(header("<i2", "False", "(3,)"), "abcdef");
  EXPECT_NO_THROW(parse_npy(good, "f"));
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_THROW(parse_npy(good.substr(0, length), "f"), UserError) << length;
  }
  for (const std::string& bad :
       {header("<c8", "False", "(3,)"),
        header("<f2", "False", "(3,)"),
        header("|O", "False", "()"),
        header("<i2", "False", "(3"),
        header("<i2", "False", "(-1,)"),
        header("<i2", "False", "(99999999999, 99999999999)"),
        header("<i2", "False", "(99999999999999999999999,)"),
        std::string("{}\n"),
        std::string("{'descr': "),
        "junk " + header("<i2", "False", "(3,)"),
        header("<i2", "False", "(3,)") + "junk",
        header("<i2", "Maybe", "(3,)"),
        header("<i2", "False", "(3 1)"),
        header("<i2", "False", "(,3)"),
        header("<i2", "False", "(0, 18446744073709551616)"),
        header("<i2", "False", "(2,)"),
        header("<i2", "False", "(4,)"),
        header("<i2", "False", "(18446744073709551615, 0, 3)"),
        std::string("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}"),
        std::string("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), 'x': 1}"),
        std::string("{'descr': '<i2', 'fortran_order': False}"),
        std::string("{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (3,)}")}) {
    EXPECT_THROW(parse_npy(file(bad, "abcdef"), "f"), UserError) << bad;
  }
}

TEST(Npy, TextsAreReadAndWritten) {
  EXPECT_EQ(parse_npy_text(npy_text_bytes("saturate"), "f"), "saturate");
  EXPECT_EQ(parse_npy_text(npy_text_bytes(""), "f"), "");
  EXPECT_EQ(parse_npy_text(file(header("|S4", "False", "()"), {"ab\0\0", 4}), "f"), "ab");
  EXPECT_EQ(parse_npy_text(file(header(">U2", "False", "(1,)"), {"\0\0\0x\0\x01\xf6\0", 8}), "f"),
            "x\xf0\x9f\x98\x80");
  for (const char* type : {"<U", "<U-1", "<U1x", "<U99999999", "<i8", "O"}) {
    EXPECT_THROW(parse_npy_text(file(header(type, "False", "()"), "1234"), "f"), UserError) << type;
  }
  EXPECT_THROW(parse_npy_text(file(header("<U1", "False", "(2,)"), "12345678"), "f"), UserError);
  EXPECT_THROW(parse_npy_text(file(header("<U1", "False", "()"), "123"), "f"), UserError);
  EXPECT_THROW(parse_npy_text(file(header("<U1", "False", "()"), "\xff\xff\xff\xff"), "f"),
               UserError);
  EXPECT_THROW(parse_npy(npy_text_bytes("x"), "f"), UserError);
}

}  // namespace
}  // namespace sylvester
