# sylvester_embed(OUT FUNCTION name HEADER file ROOT folder PATTERNS globs...)
#
# Text files become part of the program: writes a .cpp that defines
#   const std::map<std::string, std::string>& sylvester::<FUNCTION>();
# as declared in HEADER. The keys are paths relative to ROOT. OUT receives the name of the .cpp.
function(sylvester_embed out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FUNCTION;HEADER;ROOT" "PATTERNS")
  set(root "${PROJECT_SOURCE_DIR}/${arg_ROOT}")
  list(TRANSFORM arg_PATTERNS PREPEND "${root}/")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${arg_PATTERNS})
  set(result "${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.cpp")
  set(script "${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake")
  # The list goes through a file: that it changes is what makes a removed file visible to Ninja.
  set(list_file "${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.list")
  list(JOIN files "\n" lines)
  file(CONFIGURE OUTPUT "${list_file}" CONTENT "${lines}\n" @ONLY)
  add_custom_command(
    OUTPUT "${result}"
    COMMAND "${CMAKE_COMMAND}" "-DLIST=${list_file}" "-DROOT=${root}" "-DRESULT=${result}"
            "-DFUNCTION=${arg_FUNCTION}" "-DHEADER=${arg_HEADER}" -P "${script}"
    DEPENDS ${files} "${list_file}" "${script}"
    COMMENT "Embedding ${arg_ROOT}"
    VERBATIM)
  set(${out} "${result}" PARENT_SCOPE)
endfunction()
