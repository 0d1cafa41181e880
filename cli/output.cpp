#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

std::string object_text(const nlohmann::ordered_json& content) {
  nlohmann::ordered_json object = {{"schema_version", kSchemaVersion}};
  object.update(content);
  // Paths and keys of the user may be no UTF-8: such bytes are replaced.
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Returns errno if that fails.
int print(const std::string& text) {
  errno = 0;
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? 0 : errno;
}

void require_written(int error) {
  if (error == 0) return;
  throw EnvironmentError(std::string("standard output: writing failed: ") + std::strerror(error));
}

}  // namespace

void Output::result(const nlohmann::ordered_json& result, const std::string& text) const {
  require_written(print(json_ ? object_text(result) : text));
}

void Output::error(const std::string& kind, const std::string& sentence) const {
  if (json_) print(object_text({{"error", {{"kind", kind}, {"message", sentence}}}}));
  std::fprintf(stderr, "sylvester: %s\n", sentence.c_str());
}

void flush_standard_output() { require_written(print("")); }

}  // namespace sylvester
