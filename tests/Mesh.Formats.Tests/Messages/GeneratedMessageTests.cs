using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Formats.Tests.Messages;

/// <summary>Every encoding against values that other people's readers found, or that the payloads were written from.</summary>
public sealed class GeneratedMessageTests
{
    [Theory]
    [InlineData("mcap/enc_cdr_ros2.mcap", 24)]
    [InlineData("mcap/enc_cdr_xtypes_nostrseq.mcap", 78)]
    [InlineData("mcap/enc_cdr_cyclone.mcap", 24)]
    [InlineData("mcap/enc_ros1.mcap", 6)]
    [InlineData("mcap/enc_flatbuffer.mcap", 3)]
    public async Task Messages_decode_to_the_expected_values(string file, int count)
    {
        var lines = Expected(file);
        lines.Length.ShouldBe(count);
        var topics = await ReadAsync(file);
        foreach (var topic in lines.GroupBy(line => line.GetProperty("topic").GetString()!))
        {
            var (decoder, payloads) = topics[topic.Key];
            decoder.ShouldNotBeOfType<BytesDecoder>(topic.Key);
            var rows = new DecodedRows(decoder);
            foreach (byte[] payload in payloads) rows.Add(payload);
            var batch = rows.Build();
            foreach (var line in topic) DecodedRows.RowShouldEqual(batch, line.GetProperty("i").GetInt32(), WithVariant(line.GetProperty("json")), topic.Key);
        }
    }

    // flatc prints a union's value in place of the union; ours says in which column it is.
    private static JsonElement WithVariant(JsonElement message)
    {
        if (!message.TryGetProperty("any", out var value)) return message;
        string type = message.GetProperty("any_type").GetString()!;
        string rest = string.Join(',', message.EnumerateObject().Where(property => property.Name != "any").Select(property => $"\"{property.Name}\":{property.Value.GetRawText()}"));
        return JsonDocument.Parse($"{{{rest},\"any\":{{\"{type}\":{value.GetRawText()}}}}}").RootElement;
    }

    [Fact]
    public async Task Json_keeps_its_text_without_a_schema_and_becomes_columns_with_one()
    {
        var (decoder, payloads) = (await ReadAsync("mcap/enc_json.mcap"))["/json"];
        decoder.Type.Fields.ShouldBe([new Field("i", DataType.Int64), new Field("s", DataType.Utf8)]);
        var lines = Expected("mcap/enc_json.mcap");
        lines.Length.ShouldBe(payloads.Count);
        for (int i = 0; i < lines.Length; i++)
        {
            var plain = new DecodedRows(MessageDecoders.Create("json", null));
            var rows = new DecodedRows(decoder);
            if (lines[i].GetProperty("err").ValueKind == JsonValueKind.String)
            {
                Should.Throw<MessageFormatException>(() => plain.Add(payloads[i])).Code.ShouldBe("MESH10319");
                Should.Throw<MessageFormatException>(() => rows.Add(payloads[i])).Code.ShouldBe("MESH10319");
                continue;
            }

            var expected = lines[i].GetProperty("json");
            string text = plain.Add(payloads[i]).Build()["json"].GetString(0);
            text.ShouldBe(Encoding.UTF8.GetString(payloads[i]));
            if (expected.ValueKind == JsonValueKind.Object) DecodedRows.RowShouldEqual(rows.Add(payloads[i]).Build(), 0, expected, $"message {i}");
            else Should.Throw<MessageFormatException>(() => rows.Add(payloads[i])).Code.ShouldBe("MESH10330");
        }
    }

    [Fact]
    public async Task Ros1_bags_decode_to_what_foxgloves_reader_says()
    {
        string root = TestData.PathOf();
        string[] files = [.. Directory.EnumerateFiles(root, "*.bag", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length < 4_000_000).Order(StringComparer.Ordinal)];
        var read = await NodeScript.RunAsync("messages-ros1.mjs", files);
        var decoders = new Dictionary<string, MessageDecoder>();
        int compared = 0;
        foreach (var message in read.GetProperty("messages").EnumerateArray())
        {
            string type = message.GetProperty("type").GetString()!, definition = message.GetProperty("definition").GetString()!;
            if (!decoders.TryGetValue(type + definition, out var decoder))
            {
                decoders[type + definition] = decoder = MessageDecoders.Create("ros1", new MessageSchema(type, "ros1msg", Encoding.UTF8.GetBytes(definition)));
            }

            var batch = new DecodedRows(decoder).Add(Convert.FromHexString(message.GetProperty("payload").GetString()!)).Build();
            DecodedRows.RowShouldEqual(batch, 0, message.GetProperty("value"), $"{message.GetProperty("file")} {type}");
            compared++;
        }

        compared.ShouldBeGreaterThan(1000);
        decoders.Count.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task Service_events_decode_by_the_definition_that_rosidl_derives()
    {
        string file = TestData.PathOf("ros2_rosbag2", "rosbag2_tests", "resources", "mcap", "bag_with_topics_and_service_events", "bag_with_topics_and_service_events.mcap");
        var (decoder, payloads) = (await ReadFileAsync(file))["/test_service1/_service_event"];
        decoder.Type.Fields.Select(field => field.Name).ShouldBe(["info", "request", "response"]);
        payloads.ShouldNotBeEmpty();
        var rows = new DecodedRows(decoder);
        foreach (byte[] payload in payloads) rows.Add(payload);
        var batch = rows.Build();
        for (int row = 0; row < batch.Length; row++)
        {
            // An event is a request or a response, sent or received (service_msgs/ServiceEventInfo, event_type 0 to 3), and introspection may leave the content out.
            batch["info"].Children[0].Values<int>()[row].ShouldBeInRange(0, 3);
            batch["info"].Children[2].GetBytes(row).Length.ShouldBe(16);
            int requests = batch["request"].Offsets[row + 1] - batch["request"].Offsets[row];
            int responses = batch["response"].Offsets[row + 1] - batch["response"].Offsets[row];
            (requests + responses).ShouldBeLessThanOrEqualTo(1);
            decoder.Type.Fields[0].Name.ShouldBe("info");
        }
    }

    private static JsonElement[] Expected(string file) => [.. File.ReadLines(TestData.PathOf("generated", "expected_decoded.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("file").GetString() == file)];

    private static Task<Dictionary<string, (MessageDecoder Decoder, List<byte[]> Payloads)>> ReadAsync(string file) => ReadFileAsync(TestData.PathOf("generated", file));

    private static async Task<Dictionary<string, (MessageDecoder Decoder, List<byte[]> Payloads)>> ReadFileAsync(string path)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(bytes), TestContext.Current.CancellationToken);
        var topics = new Dictionary<string, (MessageDecoder, List<byte[]>)>();
        while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block)
        {
            foreach (var message in block.Messages.ToArray())
            {
                var channel = reader.Channels[message.ChannelIndex];
                if (!topics.TryGetValue(channel.Topic, out var topic)) topics[channel.Topic] = topic = (MessageDecoders.Create(channel.MessageEncoding, channel.Schema), []);
                topic.Item2.Add(block.Data.Slice(message.Offset, message.Length).ToArray());
            }
        }

        return topics;
    }
}
