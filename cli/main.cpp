#include "cli/app.hpp"

int main(int argc, char** argv) { return sylvester::run_app(argc, argv); }
