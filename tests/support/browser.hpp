#pragma once
#include "workspace.hpp"

#include <string>
#include <vector>

namespace koobatch::test {

/// A page as Chromium has shown it.
struct Shown {
  std::string dom;                    ///< after its scripts have run
  std::vector<std::string> console;   ///< all that was reported on the console, errors of the policy included
  std::vector<std::string> requests;  ///< the URLs that were asked for, but for the page's own and those within it
};

/// Opens a file in headless Chromium, with no profile and no network.
Shown show_page(const std::string& path, const std::vector<std::string>& flags = {});

}  // namespace koobatch::test
