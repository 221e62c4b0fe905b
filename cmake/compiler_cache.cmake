# Where ccache is installed, everything is compiled through it, so that another clone or worktree of the project costs
# little more than its linking: paths below the project's folder are hashed relative to it, and the folder itself is not
# hashed at all. Of sanitizer builds, debug information may therefore name the folder that first compiled a file. The
# sloppiness is what precompiled headers need (ccache's manual, "Precompiled headers").
#
# A launcher that is set already, on the command line or by the environment, stays as it is. An empty one,
# -DCMAKE_CXX_COMPILER_LAUNCHER=, does without.
find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE)
  foreach(language IN ITEMS C CXX)
    if(NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
    endif()
  endforeach()
endif()
