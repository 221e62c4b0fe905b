#pragma once

/// Makes a file part of the binary, between the symbols koobatch_asset_NAME and koobatch_asset_NAME_end, which the
/// assembler defines. Names are unique in the program. CMake defines where the files are, and has the source compiled
/// again when one of them changes.
#define KOOBATCH_EMBED(NAME, PATH)               \
  asm(".pushsection .rodata\n"                   \
      ".global koobatch_asset_" #NAME            \
      "\n"                                       \
      "koobatch_asset_" #NAME                    \
      ":\n"                                      \
      ".incbin \"" PATH                          \
      "\"\n"                                     \
      ".global koobatch_asset_" #NAME            \
      "_end\n"                                   \
      "koobatch_asset_" #NAME                    \
      "_end:\n"                                  \
      ".popsection\n");                          \
  extern "C" const char koobatch_asset_##NAME[]; \
  extern "C" const char koobatch_asset_##NAME##_end[]
