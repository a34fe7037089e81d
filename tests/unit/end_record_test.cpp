#include "core/end_record.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runvisor::core {
namespace {

TEST(EndRecord, IsReadAsItWasWritten) {
  for (const EndRecord& record :
       {EndRecord{{12, 0, 0}, false}, EndRecord{{4194304, 255, 0}, true}, EndRecord{{1, -1, 139}, false}}) {
    const auto read = parse_end_record(end_line(record));
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == record);
  }
  EXPECT_EQ(end_line({{12, -1, 15}, true}), "12 -1 15 told\n");
}

TEST(EndRecord, IsNothingElse) {
  for (const char* text : {"", "\n", "12", "12 0 0", "12 0 0 ended", "12 0 0 other\n", "x 0 0 ended\n",
                           "12 0  0 ended\n", "12 0 0 ended\n\n"}) {
    EXPECT_FALSE(parse_end_record(text)) << text;
  }
}

}  // namespace
}  // namespace runvisor::core
