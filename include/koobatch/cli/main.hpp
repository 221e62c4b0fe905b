#pragma once

namespace koobatch::cli {

/// The whole program. Returns the exit status.
int main(int argc, char** argv);

}  // namespace koobatch::cli
