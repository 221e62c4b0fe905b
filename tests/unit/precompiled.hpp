#pragma once
#include "../support/paths.hpp"
#include "../support/print_enums.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
