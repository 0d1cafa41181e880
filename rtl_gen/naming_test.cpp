#include "rtl_gen/naming.hpp"

#include <gtest/gtest.h>

namespace sylvester::rtl {
namespace {

TEST(Naming, KeywordsOfBothLanguagesAreRefused) {
  EXPECT_TRUE(is_keyword("edge"));   // Verilog
  EXPECT_TRUE(is_keyword("logic"));  // SystemVerilog only
  EXPECT_TRUE(is_keyword("accept_on"));
  EXPECT_TRUE(is_keyword("xor"));
  EXPECT_FALSE(is_keyword("edges"));
  EXPECT_FALSE(is_keyword("Edge"));  // keywords are lower case
}

TEST(Naming, LegalNames) {
  EXPECT_TRUE(is_legal_name("a_codes_valid_i"));
  EXPECT_TRUE(is_legal_name("_x9"));
  EXPECT_FALSE(is_legal_name(""));
  EXPECT_FALSE(is_legal_name("9x"));
  EXPECT_FALSE(is_legal_name("a-b"));
  EXPECT_FALSE(is_legal_name("a$b"));
  EXPECT_FALSE(is_legal_name("wire"));
}

TEST(Naming, CamelCase) {
  EXPECT_EQ(camel_case("transform_registers"), "TransformRegisters");
  EXPECT_EQ(camel_case("turned"), "Turned");
}

TEST(Naming, ClaimKeepsGoodNames) {
  Names names;
  EXPECT_EQ(names.claim("k_len"), "k_len");
  EXPECT_EQ(names.claim("edge_run"), "edge_run");
}

TEST(Naming, ClaimMakesNamesLegalAndFree) {
  Names names;
  EXPECT_EQ(names.claim("edge"), "edge_");
  EXPECT_EQ(names.claim("edge"), "edge__2");
  EXPECT_EQ(names.claim("a b.c"), "a_b_c");
  EXPECT_EQ(names.claim("a_b_c"), "a_b_c_2");
  EXPECT_EQ(names.claim("a_b_c"), "a_b_c_3");
  EXPECT_EQ(names.claim("4x4"), "n4x4");
  EXPECT_EQ(names.claim(""), "_");
}

TEST(Naming, NamesThatDifferInCaseCollide) {
  Names names;
  EXPECT_TRUE(names.take("Rows"));
  EXPECT_FALSE(names.take("rows"));
  EXPECT_EQ(names.claim("rows"), "rows_2");
}

TEST(Naming, ANumberedNameThatIsTakenIsSkipped) {
  Names names;
  EXPECT_TRUE(names.take("x"));
  EXPECT_TRUE(names.take("x_2"));
  EXPECT_EQ(names.claim("x"), "x_3");
}

}  // namespace
}  // namespace sylvester::rtl
