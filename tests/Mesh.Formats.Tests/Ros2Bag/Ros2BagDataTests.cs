using System.Globalization;
using System.Text.Json;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Bags written by other people, against what other people's readers find in them.</summary>
public sealed class Ros2BagDataTests
{
    // The expected bytes are those of the table: zstd frames, which Mesh gives decompressed.
    private const string MessageCompressed = "message_compression";

    [Fact]
    public async Task Public_bags_hold_as_many_messages_and_bytes_as_sqlite_counts()
    {
        int compared = 0;
        foreach (string line in await File.ReadAllLinesAsync(TestData.PathOf("golden_messages.tsv"), TestContext.Current.CancellationToken))
        {
            string[] fields = line.Split('\t');
            string path = TestData.PathOf(fields[0]);
            if (!fields[0].EndsWith(".db3", StringComparison.Ordinal) || !File.Exists(path)) continue;
            var read = await BagReading.FileAsync(path);
            read.Losses.ShouldBeEmpty(fields[0]);
            read.Messages.Count.ShouldBe(int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0]);
            if (!fields[0].Contains(MessageCompressed, StringComparison.Ordinal))
            {
                read.Messages.Sum(message => (long)message.Payload.Length).ShouldBe(long.Parse(fields[2], CultureInfo.InvariantCulture), fields[0]);
            }

            compared++;
        }

        compared.ShouldBeGreaterThan(30);
    }

    [Fact]
    public async Task Generated_bags_hold_what_sqlite_found()
    {
        int topics = 0;
        foreach (var (file, lines) in Expected())
        {
            var read = await BagReading.FileAsync(TestData.PathOf("generated", file));
            read.Losses.ShouldBeEmpty(file);
            read.Channels.Count.ShouldBe(lines.Count, file);
            var byTopic = read.Messages.ToLookup(message => message.Channel.Topic);
            foreach (var line in lines)
            {
                string topic = line.GetProperty("topic").GetString()!;
                string where = $"{file} {topic}";
                var channel = read.Channels.Single(channel => channel.Topic == topic);
                channel.Schema!.Name.ShouldBe(line.GetProperty("type").GetString(), where);
                channel.MessageEncoding.ShouldBe(line.GetProperty("format").GetString(), where);

                // By time, then by id: the sort is stable and messages come by id.
                var messages = byTopic[topic].OrderBy(message => message.LogTimeNs).ToList();
                messages.Count.ShouldBe(line.GetProperty("count").GetInt32(), where);
                messages.Sum(message => message.Payload.Length).ShouldBe(line.GetProperty("bytes").GetInt32(), where);
                Crc32.Compute(messages.SelectMany(message => message.Payload).ToArray()).ShouldBe(line.GetProperty("crc32_time_order").GetUInt32(), where);
                if (messages.Count == 0) continue;
                messages[0].LogTimeNs.ShouldBe(line.GetProperty("first_ns").GetUInt64(), where);
                messages[^1].LogTimeNs.ShouldBe(line.GetProperty("last_ns").GetUInt64(), where);
                topics++;
            }
        }

        topics.ShouldBeGreaterThanOrEqualTo(12);
    }

    [Fact]
    public async Task A_bag_cut_at_two_thirds_gives_what_is_intact_and_says_what_is_missing()
    {
        var read = await BagReading.FileAsync(TestData.PathOf("generated", "db3/truncated.db3"));
        read.Messages.Count.ShouldBeInRange(20, 79);
        read.Losses.ShouldContain(loss => loss.Code == "MESH10452" && loss.Offset == 12288 && loss.Bytes == 18432 - 12288);
    }

    private static List<(string File, List<JsonElement> Lines)> Expected()
    {
        Dictionary<string, List<JsonElement>> byFile = [];
        foreach (string line in File.ReadLines(TestData.PathOf("generated", "expected.jsonl")))
        {
            if (!line.Contains("\"db3/", StringComparison.Ordinal)) continue;
            using var document = JsonDocument.Parse(line);
            var element = document.RootElement.Clone();
            if (element.TryGetProperty("kind", out _)) continue;
            string file = element.GetProperty("file").GetString()!;
            if (!byFile.TryGetValue(file, out var lines)) byFile[file] = lines = [];
            lines.Add(element);
        }

        byFile.Count.ShouldBe(7);
        return [.. byFile.Select(pair => (pair.Key, pair.Value))];
    }
}
