#pragma once
#include "workspace.hpp"

#include <string>
#include <vector>

namespace koobatch::test {

/// A page as rendered by Chromium.
struct Shown {
  std::string dom;                   ///< after its scripts have run
  std::vector<std::string> console;  ///< everything on the console, including violations of the content security policy
  std::vector<std::string> requests;  ///< requested URLs, except the page's own and those within it
};

/// Opens a file in headless Chromium, with no profile and no network.
Shown show_page(const std::string& path, const std::vector<std::string>& flags = {});

}  // namespace koobatch::test
