#include "golden/support/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <new>

namespace sylvester {
namespace {

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("a b \\ \" \x7e"), "a b \\ \" \x7e");
  EXPECT_EQ(printable("gr\xc3\xb6\xc3\x9f"
                      "er \xe2\x82\xac \xf0\x9f\x98\x80"),
            "gr\xc3\xb6\xc3\x9f"
            "er \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable(std::string("\0\x1b[31m\x7f", 7)), "\\x00\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xc2\x85\xe2\x80\xa8\xe2\x80\xae"),
            "\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xae");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("a\xc3"), "a\\xc3");                           // cut off
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // longer than needed
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // the same
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
}

TEST(Printable, OfPrintableTextIsTheSame) {
  const std::string once = printable("a\nb\xff");
  EXPECT_EQ(printable(once), once);
  EXPECT_EQ(UserError("a\nb\xff").what(), once);
}

Failure failure_with(const auto& action) {
  try {
    action();
  } catch (...) {
    return failure_of(std::current_exception());
  }
  return {};
}

TEST(PathErrors, AnotherPathOrAnotherComputer) {
  for (const int error : {ENOENT, ENOTDIR, EACCES, EISDIR, EROFS, ENAMETOOLONG}) {
    EXPECT_EQ(failure_with([&] { throw_path_error("p", "w", error); }).fault, Fault::kInput);
  }
  for (const int error : {ENOSPC, EDQUOT, EIO, EMFILE, 0}) {
    EXPECT_EQ(failure_with([&] { throw_path_error("p", "w", error); }).fault, Fault::kEnvironment);
  }
  EXPECT_EQ(failure_with([] { throw_path_error("p", "w", ENOENT); }).sentence,
            "p: w: No such file or directory");
  EXPECT_EQ(failure_with([] { throw_path_error("p", "w", 0); }).sentence, "p: w");
}

TEST(Failures, OfEveryKindOfException) {
  EXPECT_EQ(failure_with([] { throw UserError("x"); }).fault, Fault::kInput);
  EXPECT_EQ(failure_with([] { throw EnvironmentError("x"); }).fault, Fault::kEnvironment);
  EXPECT_EQ(failure_with([] { throw std::bad_alloc(); }).fault, Fault::kEnvironment);
  EXPECT_EQ(failure_with([] { throw std::logic_error("x"); }).fault, Fault::kDefect);
  const Failure file = failure_with([] { std::filesystem::directory_iterator("/no/such"); });
  EXPECT_EQ(file.fault, Fault::kInput);
  EXPECT_EQ(file.sentence, "/no/such: No such file or directory");
  const Failure again = failure_with([&] { throw_failure(file); });
  EXPECT_EQ(again.fault, file.fault);
  EXPECT_EQ(again.sentence, file.sentence);
}

}  // namespace
}  // namespace sylvester
