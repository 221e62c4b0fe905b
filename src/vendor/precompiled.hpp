// The headers that cost most to parse. Every file still includes what it uses; this only makes it cheap.
#pragma once
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
