#include "koobatch/cli/main.hpp"

int main(int argc, char** argv) {
  return koobatch::cli::main(argc, argv);
}
