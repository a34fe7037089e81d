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
  EXPECT_EQ(end_line({{12, -1, 15}, true}), "12 -1 15 told                  \n");
  EXPECT_EQ(end_line({{4194304, 255, 255}, false}).size(), kEndLineSize);
}

TEST(EndRecord, IsNothingElse) {
  for (std::string text :
       {"", "12", "12 0 0", "12 0 0 other", "x 0 0 ended", "12 0  0 ended", "12 0 0 ended 1"}) {
    EXPECT_FALSE(parse_end_record(text + "\n")) << text;
    text.resize(kEndLineSize - 1, ' ');
    EXPECT_FALSE(parse_end_record(text + "\n")) << text;
  }
  EXPECT_FALSE(parse_end_record("12 0 0 ended\n")) << "too short";
}

}  // namespace
}  // namespace runvisor::core
