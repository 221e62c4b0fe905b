#pragma once

namespace koobatch::job {

/// What may be done to the values of a job, and how odd ones are taken. It decides what is sent, so a run that is
/// resumed or repeated needs the same.
struct ValueTreatment {
  bool trim = false;     ///< remove what surrounds a value: blanks, and a spreadsheet's marks of text
  bool compose = false;  ///< bring names into Unicode's composed form (NFC)
  bool strict = false;   ///< an oddity is an error
};

}  // namespace koobatch::job
