#pragma once

namespace koobatch::job {

/// What may be done to the values of a job, and how odd ones are treated. It determines what is sent, so a resumed or
/// repeated run needs the same.
struct ValueTreatment {
  bool trim = false;     ///< remove what surrounds a value: blanks, and a spreadsheet's marks for text
  bool compose = false;  ///< bring names into Unicode's composed form (NFC)
  bool strict = false;   ///< an oddity is an error
};

}  // namespace koobatch::job
