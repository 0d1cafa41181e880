#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

void print_object(const nlohmann::ordered_json& content) {
  nlohmann::ordered_json object = {{"schema_version", kSchemaVersion}};
  object.update(content);
  // Paths and keys of the user may be no UTF-8: such bytes are replaced.
  const std::string text = object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace

void Output::result(const nlohmann::ordered_json& result, const std::string& text) const {
  if (json_) {
    print_object(result);
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

void Output::error(const std::string& kind, const std::string& sentence) const {
  if (json_) print_object({{"error", {{"kind", kind}, {"message", sentence}}}});
  std::fprintf(stderr, "sylvester: %s\n", sentence.c_str());
}

void flush_standard_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw EnvironmentError(std::string("standard output: writing failed: ") + std::strerror(errno));
  }
}

}  // namespace sylvester
