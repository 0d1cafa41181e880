#include "golden/support/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <new>

#include <fmt/core.h>

namespace sylvester {
namespace {

/// Bytes of the UTF-8 character at the front of `text`; 0 if there is no valid one.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  // RFC 3629, section 4: the range of the second byte excludes long forms and surrogates.
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

/// Control characters of ASCII and Latin 1, line and paragraph separators, changes of direction.
bool is_control(std::string_view character) {
  if (character.size() == 1) return character[0] < ' ' || character[0] == '\x7f';
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  return (character >= "\xE2\x80\xA8" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

std::string escaped(std::string_view bytes) {
  if (bytes == "\n") return "\\n";
  if (bytes == "\r") return "\\r";
  if (bytes == "\t") return "\\t";
  std::string text;
  for (const char c : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text;
}

bool another_path_would_do(int error) {
  static constexpr std::array kErrors = {EACCES,       EEXIST, EINVAL, EISDIR,  ELOOP,
                                         ENAMETOOLONG, ENODEV, ENOENT, ENOTDIR, ENOTEMPTY,
                                         ENXIO,        EPERM,  EROFS,  ETXTBSY};
  return std::find(kErrors.begin(), kErrors.end(), error) != kErrors.end();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(1, length));
    result += length == 0 || is_control(character) ? escaped(character) : std::string(character);
    text.remove_prefix(character.size());
  }
  return result;
}

void throw_path_error(const std::string& path, const std::string& what, std::error_code error) {
  const std::string sentence =
      fmt::format("{}: {}{}", path.empty() ? "the working folder" : path, what,
                  error ? (what.empty() ? "" : ": ") + error.message() : "");
  if (another_path_would_do(error.value())) throw UserError(sentence);
  throw EnvironmentError(sentence);
}

void throw_path_error(const std::string& path, const std::string& what, int error) {
  throw_path_error(path, what, std::error_code(error, std::generic_category()));
}

Failure failure_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const UserError& error) {
    return {Fault::kInput, error.what()};
  } catch (const EnvironmentError& error) {
    return {Fault::kEnvironment, error.what()};
  } catch (const std::filesystem::filesystem_error& error) {
    try {
      throw_path_error(error.path1().string(), "", error.code());
    } catch (...) {
      return failure_of(std::current_exception());
    }
  } catch (const std::bad_alloc&) {
    return {Fault::kEnvironment, "not enough memory"};
  } catch (const std::exception& error) {
    return {Fault::kDefect, printable(error.what())};
  } catch (...) {
    return {Fault::kDefect, "an unknown exception"};
  }
}

void throw_failure(const Failure& failure) {
  switch (failure.fault) {
    case Fault::kInput:
      throw UserError(failure.sentence);
    case Fault::kEnvironment:
      throw EnvironmentError(failure.sentence);
    case Fault::kDefect:
      break;
  }
  throw std::runtime_error(failure.sentence);
}

}  // namespace sylvester
