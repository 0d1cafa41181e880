#include "rtl_gen/naming.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <iterator>
#include <sstream>

namespace sylvester::rtl {
namespace {

// IEEE 1364-2005 annex B and IEEE 1800-2017 annex B.
constexpr const char* kKeywords =
    "accept_on alias always always_comb always_ff always_latch and assert assign assume automatic "
    "before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle "
    "checker class clocking cmos config const constraint context continue cover covergroup "
    "coverpoint cross deassign default defparam design disable dist do edge else end endcase "
    "endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface "
    "endmodule endpackage endprimitive endprogram endproperty endsequence endspecify endtable "
    "endtask enum event eventually expect export extends extern final first_match for force "
    "foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone "
    "ignore_bins illegal_bins implements implies import incdir include initial inout input inside "
    "instance int integer interconnect interface intersect join join_any join_none large let "
    "liblist library local localparam logic longint macromodule matches medium modport module "
    "nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output "
    "package packed parameter pmos posedge primitive priority program property protected pull0 "
    "pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase "
    "randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos "
    "rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared "
    "sequence shortint shortreal showcancelled signed small soft solve specify specparam static "
    "string strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on "
    "table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 "
    "tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped "
    "use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard "
    "wire with within wor xnor xor";

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

bool is_keyword(std::string_view name) {
  static const std::set<std::string, std::less<>> keywords = [] {
    std::istringstream words(kKeywords);
    return std::set<std::string, std::less<>>(std::istream_iterator<std::string>(words), {});
  }();
  return keywords.find(name) != keywords.end();
}

bool is_legal_name(std::string_view name) {
  if (name.empty() || is_digit(name.front()) || is_keyword(name)) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::string camel_case(std::string_view snake_case) {
  std::string result;
  bool upper = true;
  for (const char c : snake_case) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return result;
}

bool Names::take(std::string_view name) {
  return is_legal_name(name) && taken_.insert(lower_case(name)).second;
}

std::string Names::claim(std::string_view wanted) {
  std::string base(wanted.empty() ? "_" : wanted);
  for (char& c : base) {
    if (!is_letter(c) && !is_digit(c)) c = '_';
  }
  if (is_digit(base.front())) base.insert(0, "n");
  if (is_keyword(base)) base += '_';
  std::string name = base;
  for (int number = 2; !take(name); ++number) name = base + "_" + std::to_string(number);
  return name;
}

}  // namespace sylvester::rtl
