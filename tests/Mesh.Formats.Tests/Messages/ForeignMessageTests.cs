using System.Text.Json;
using Mesh.Formats.Messages;
using Mesh.Testing;

namespace Mesh.Formats.Tests.Messages;

public sealed class ForeignMessageTests
{
    // The definition behind the generated recordings' IDL types; ros2msg channels carry their own.
    private const string Generated = """
        bool flag
        uint8 raw
        int16 s
        uint16 us
        int32 l
        uint32 ul
        int64 ll
        uint64 ull
        float32 f
        float64 d
        string name
        uint8[] bytes
        int32[] nums
        string[] names
        float64[3] arr
        Point pt
        Point[] pts
        uint8 tail
        ===
        MSG: test/Point
        float64 x
        float32 y
        """;

    [Fact]
    public async Task Real_ros2_recordings_decode_to_what_foxgloves_reader_says()
    {
        string root = TestData.PathOf();
        string[] files = [.. Directory.EnumerateFiles(root, "*.mcap", SearchOption.AllDirectories)
            .Where(path => path.Contains("ros2_rosbag2", StringComparison.Ordinal) && !path.Contains('~')), Path.Combine(root, "generated", "mcap", "enc_cdr_ros2.mcap")];
        var read = await NodeScript.RunAsync("messages-read.mjs", files);
        var decoders = new Dictionary<string, MessageDecoder>();
        int compared = 0;
        foreach (var message in read.GetProperty("messages").EnumerateArray())
        {
            string name = message.GetProperty("schemaName").GetString()!;
            string schema = message.GetProperty("schema").GetString()!;
            if (!decoders.TryGetValue(name + schema, out var decoder))
            {
                decoders[name + schema] = decoder = MessageDecoders.Create("cdr", new MessageSchema(name, "ros2msg", Convert.FromHexString(schema)));
            }

            var batch = new DecodedRows(decoder).Add(Convert.FromHexString(message.GetProperty("payload").GetString()!)).Build();
            DecodedRows.RowShouldEqual(batch, 0, message.GetProperty("value"), name);
            compared++;
        }

        compared.ShouldBeGreaterThan(500);
        decoders.Count.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("mcap/enc_cdr_cyclone.mcap", "/cyclone_final_xcdr1", "/cyclone_final_xcdr2")]
    [InlineData("mcap/enc_cdr_xtypes_nostrseq.mcap", "/final_cdr_le", "/final_cdr_be", "/final_cdr2_le", "/final_cdr2_be", "/final_rtps_cdr2_le")]
    public async Task Payloads_of_other_middlewares_decode_to_the_values_they_were_written_from(string file, params string[] topics)
    {
        var expected = File.ReadLines(TestData.PathOf("generated", "expected_decoded.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("file").GetString() == file && topics.Contains(line.GetProperty("topic").GetString())).ToArray();
        var read = await NodeScript.RunAsync("messages-read.mjs", "--raw", TestData.PathOf("generated", file));
        var payloads = read.GetProperty("messages").EnumerateArray().ToLookup(message => message.GetProperty("topic").GetString(), message => message.GetProperty("payload").GetString()!);
        string schema = file.Contains("nostrseq", StringComparison.Ordinal) ? Generated.Replace("string[] names\n", "", StringComparison.Ordinal) : Generated;

        expected.Select(line => line.GetProperty("topic").GetString()).Distinct().Count().ShouldBe(topics.Length);
        foreach (var line in expected)
        {
            string topic = line.GetProperty("topic").GetString()!;
            string payload = payloads[topic].ElementAt(line.GetProperty("i").GetInt32());
            DecodedRows.RowShouldEqual(DecodedRows.One(schema, Convert.FromHexString(payload)), 0, line.GetProperty("json"), topic);
        }
    }
}
