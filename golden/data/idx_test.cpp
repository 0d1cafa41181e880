#include "golden/data/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string be32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& shape,
                std::string_view data) {
  std::string bytes = be32(magic);
  for (const std::uint32_t length : shape) bytes += be32(length);
  return bytes.append(data);
}

constexpr std::uint32_t kImages = 0x803, kLabels = 0x801;

TEST(Idx, ReadsPlainAndPackedArrays) {
  const TestFolder folder;
  const std::string bytes = idx(kImages, {2, 1, 3}, "abcdef");
  for (const auto& file : {folder.write("i", bytes), folder.write("i.gz", gzipped(bytes))}) {
    const IdxArray array = read_idx(file, 3);
    EXPECT_THAT(array.shape, ElementsAre(2, 1, 3));
    EXPECT_EQ(array.bytes, "abcdef");
  }
}

TEST(Idx, ScalesPixelsAndAppends) {
  const TestFolder folder;
  const auto images =
      folder.write("i", idx(kImages, {2, 1, 2}, std::string("\x00\xff\x33\x01", 4)));
  const auto labels = folder.write("l", idx(kLabels, {2}, std::string("\x09\x00", 2)));
  Dataset dataset;
  append_idx_images(images, labels, dataset);
  append_idx_images(images, labels, dataset);
  EXPECT_EQ(dataset.samples(), 4);
  EXPECT_EQ(dataset.features, 2);
  EXPECT_EQ(dataset.channels, 1);
  EXPECT_EQ(dataset.height, 1);
  EXPECT_EQ(dataset.width, 2);
  EXPECT_THAT(dataset.label, ElementsAre(9, 0, 9, 0));
  EXPECT_THAT(std::vector<float>(dataset.x.begin(), dataset.x.begin() + 4),
              ElementsAre(0.0F, 1.0F, 51.0F / 255.0F, 1.0F / 255.0F));
}

TEST(Idx, RefusesBadHeaders) {
  const TestFolder folder;
  const auto error = [&](std::string_view bytes) {
    return user_error([&] { read_idx(folder.write("bad", bytes), 3); });
  };
  EXPECT_THAT(error("abc"), AllOf(HasSubstr("bad"), HasSubstr("3 bytes"), HasSubstr("has 16")));
  EXPECT_THAT(error(idx(kLabels, {2, 1, 2}, "abcd")),
              AllOf(HasSubstr("0x00000801"), HasSubstr("0x00000803")));
  EXPECT_THAT(error(idx(kImages, {2, 0, 2}, "")), HasSubstr("dimension 2 has length 0"));
  EXPECT_THAT(error(idx(kImages, {0xFFFFFFFF, 0xFFFFFFFF, 2}, "abcd")),
              HasSubstr("dimension 1 has length 4294967295"));
  EXPECT_THAT(error(idx(kImages, {0x10000, 0x10000, 2}, "abcd")),
              HasSubstr("dimension 2 has length 65536"));
}

TEST(Idx, RefusesTruncationAndSurplus) {
  const TestFolder folder;
  EXPECT_THAT(user_error([&] {
                read_idx(folder.write("i", idx(kImages, {2, 1, 2}, "abc")), 3);
              }),
              AllOf(HasSubstr("3 bytes follow"), HasSubstr("2x1x2 needs 4")));
  EXPECT_THAT(user_error([&] { read_idx(folder.write("i", idx(kLabels, {2}, "abc")), 1); }),
              HasSubstr("3 bytes follow"));
  const std::string packed = gzipped(idx(kLabels, {2}, "ab"));
  EXPECT_THAT(
      user_error([&] { read_idx(folder.write("i.gz", packed.substr(0, packed.size() - 4)), 1); }),
      HasSubstr("ends early"));
}

TEST(Idx, RefusesLabelsThatDoNotFit) {
  const TestFolder folder;
  const auto images = folder.write("i", idx(kImages, {2, 1, 2}, "abcd"));
  Dataset dataset;
  EXPECT_THAT(user_error([&] {
                append_idx_images(images, folder.write("l", idx(kLabels, {1}, "\x01")), dataset);
              }),
              AllOf(HasSubstr("1 labels"), HasSubstr("2 images")));
  EXPECT_THAT(user_error([&] {
                append_idx_images(images, folder.write("l", idx(kLabels, {2}, "\x01\x0a")),
                                  dataset);
              }),
              AllOf(HasSubstr("label 2 is 10"), HasSubstr("0 ... 9")));
}

TEST(Idx, RefusesImagesOfAnotherSize) {
  const TestFolder folder;
  const auto labels = folder.write("l", idx(kLabels, {1}, "\x01"));
  Dataset dataset;
  append_idx_images(folder.write("i", idx(kImages, {1, 1, 4}, "abcd")), labels, dataset);
  EXPECT_THAT(
      user_error([&] {
        append_idx_images(folder.write("j", idx(kImages, {1, 2, 2}, "abcd")), labels, dataset);
      }),
      AllOf(HasSubstr("2x2"), HasSubstr("1x4")));
}

}  // namespace
}  // namespace sylvester
