import unittest

import cpp
import schema

_MESSAGE = """
{
  "apiKey": 7, "type": "request", "name": "SampleRequest",  // a comment
  "validVersions": "1-4", "flexibleVersions": "3+", %s
  "fields": [
    { "name": "Topics", "type": "[]Topic", "versions": "1+", "nullableVersions": "2+", "about": "See http://x.",
      "fields": [ { "name": "Name", "type": "string", "versions": "1+" } ] },
    { "name": "LimitMs", "type": "int32", "versions": "2+", "default": "-2147483648", "ignorable": true },
    { "name": "Note", "type": "string", "versions": "3+", "nullableVersions": "3+", "default": "null",
      "taggedVersions": "3+", "tag": 0 },
    { "name": "Operator", "type": "bool", "versions": "4", "default": "true" }
  ]
}
"""


def sample(extra=""):
    return schema.parse_message(_MESSAGE % extra)


class SchemaTest(unittest.TestCase):
    def test_versions(self):
        self.assertEqual(schema.parse_versions("3"), (3, 3))
        self.assertEqual(schema.parse_versions("2-4"), (2, 4))
        self.assertEqual(schema.parse_versions("1+"), (1, schema.MAX_VERSION))
        self.assertEqual(schema.parse_versions("none"), schema.NEVER)
        self.assertEqual(schema.parse_versions(None), schema.NEVER)

    def test_comments_are_stripped_but_not_in_strings(self):
        self.assertEqual(schema.strip_comments('{"a": "x//y\\"//" } // z\n'), '{"a": "x//y\\"//" } \n')

    def test_message(self):
        message = sample()
        self.assertEqual((message.name, message.api_key, message.versions), ("SampleRequest", 7, (1, 4)))
        self.assertEqual([s.name for s in message.structs], ["Topic"])
        self.assertEqual(message.fields[2].tag, 0)

    def test_unstable_latest_version_is_left_out(self):
        self.assertEqual(sample('"latestVersionUnstable": true,').versions, (1, 3))
        self.assertEqual(sample('"latestVersionUnstable": false,').versions, (1, 4))

    def test_unknown_types_are_refused(self):
        with self.assertRaises(schema.SchemaError):
            schema.parse_message(_MESSAGE.replace("int32", "records") % "")
        with self.assertRaises(schema.SchemaError):
            schema.parse_message(_MESSAGE.replace('"type": "string"', '"type": "Missing"') % "")

    def test_common_structs_come_before_their_users(self):
        common = '"commonStructs": [ { "name": "Shared", "versions": "1+", "fields": [] } ],'
        text = (_MESSAGE % common).replace('"type": "string", "versions": "1+"', '"type": "Shared", "versions": "1+"')
        self.assertEqual([s.name for s in schema.parse_message(text).structs], ["Shared", "Topic"])


class CppTest(unittest.TestCase):
    def test_snake_case(self):
        for name, expected in [
            ("LastKnownElr", "last_known_elr"),
            ("ISRNodes", "isr_nodes"),
            ("TopicId", "topic_id"),
            ("TimeoutMs", "timeout_ms"),
            ("Operator", "operator_"),
        ]:
            self.assertEqual(cpp.snake_case(name), expected)

    def test_types_and_defaults(self):
        topics, limit, note, operator = sample().fields
        self.assertEqual(cpp.cpp_type(topics), "std::optional<std::vector<Topic>>")
        self.assertEqual(cpp.cpp_default(topics), "std::vector<Topic>{}")
        self.assertEqual(cpp.cpp_default(limit), "std::numeric_limits<int32_t>::min()")
        self.assertEqual(cpp.cpp_default(note), "std::nullopt")
        self.assertEqual(cpp.cpp_default(operator), "true")

    def test_field_lists_carry_the_rules(self):
        text = cpp.header([sample()], "libs/kafka_admin")
        self.assertIn('{.name = "LimitMs", .versions = {2, wire::kMaxVersion}, .ignorable = true}', text)
        self.assertIn(".tagged = {3, wire::kMaxVersion}, .tag = 0", text)
        self.assertIn("static constexpr wire::VersionRange kFlexible = {3, wire::kMaxVersion};", text)
        self.assertLess(text.index("struct Topic {"), text.index("topics = "))


if __name__ == "__main__":
    unittest.main()
