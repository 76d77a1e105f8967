using System.Globalization;
using System.Text.Json;
using Mesh.Formats.Mcap;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>Recordings written by other people's writers or byte by byte, with what other people's readers find in them.</summary>
public sealed class GeneratedMcapTests
{
    // Damaged on purpose: the expected values are those of the undamaged file.
    private static readonly Dictionary<string, string> Damaged = new()
    {
        ["mcap/bad_chunk_crc.mcap"] = McapLosses.ChunkCrc,
        ["mcap/bad_chunk_crc_or_data.mcap"] = McapLosses.ChunkDecompression,
        ["mcap/truncated_no_footer.mcap"] = McapLosses.Truncated,
        ["mcap/truncated_mid_message.mcap"] = McapLosses.Truncated,
        ["mcap/footer_bad_summary_start.mcap"] = McapLosses.Summary,
    };

    [Fact]
    public async Task Every_channel_holds_what_other_readers_found()
    {
        foreach (var (file, lines) in Expected())
        {
            if (file.Contains("bad_chunk", StringComparison.Ordinal)) continue;
            byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", file), TestContext.Current.CancellationToken);
            foreach (bool indexed in new[] { false, true })
            {
                var read = indexed ? await McapReading.IndexedAsync(bytes) : await McapReading.ForwardAsync(bytes);
                if (Damaged.TryGetValue(file, out string? code)) read.Losses[0].Code.ShouldBe(code, file);
                else read.Losses.ShouldBeEmpty(file);
                Compare(file, lines, read, inFileOrder: !indexed);
                if (!indexed || Damaged.ContainsKey(file)) continue;
                read.Messages.Select(message => message.LogTimeNs).ShouldBeInOrder(SortDirection.Ascending, file);
                var picked = await McapReading.IndexedAsync(bytes, order: RecordingOrder.File);
                picked.Losses.ShouldBeEmpty(file);
                Compare(file, lines, picked, inFileOrder: true);
            }
        }
    }

    [Theory]
    [InlineData("mcap/bad_chunk_crc.mcap")]
    [InlineData("mcap/bad_chunk_crc_or_data.mcap")]
    public async Task A_damaged_chunk_costs_its_own_messages_and_no_others(string file)
    {
        // The damaged chunk is also the one that defines the channels: the summary has them too.
        byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", file), TestContext.Current.CancellationToken);
        var read = await McapReading.ForwardAsync(bytes);
        read.Messages.Count.ShouldBe(75);
        read.Messages.Select(message => message.Sequence).ShouldBe(Enumerable.Range(25, 75).Select(i => (uint)i));
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBeOneOf(Damaged[file], McapLosses.ChunkCrc);
        loss.Bytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Public_recordings_hold_as_many_messages_as_other_readers_count()
    {
        int compared = 0;
        foreach (string line in await File.ReadAllLinesAsync(TestData.PathOf("golden_messages.tsv"), TestContext.Current.CancellationToken))
        {
            string[] fields = line.Split('\t');
            string path = TestData.PathOf(fields[0]);
            if (!fields[0].EndsWith(".mcap", StringComparison.Ordinal) || !File.Exists(path)) continue;
            var read = await McapReading.ForwardAsync(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            read.Messages.Count.ShouldBe(int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0]);
            read.Messages.Sum(message => (long)message.Payload.Length).ShouldBe(long.Parse(fields[2], CultureInfo.InvariantCulture), fields[0]);
            compared++;
        }

        compared.ShouldBeGreaterThan(400);
    }

    private static void Compare(string file, List<JsonElement> lines, McapReading.ReadRecording read, bool inFileOrder)
    {
        read.Messages.Count.ShouldBe(lines[0].GetProperty("messages").GetInt32(), file);
        if (inFileOrder)
        {
            var order = read.Messages.SelectMany(message => BitConverter.GetBytes(message.LogTimeNs)).ToArray();
            Crc32.Compute(order).ShouldBe(lines[0].GetProperty("file_order_logtime_crc32").GetUInt32(), file);
        }

        var byTopic = read.Messages.ToLookup(message => message.Channel.Topic);
        foreach (var line in lines.Skip(1).GroupBy(line => line.GetProperty("topic").GetString()!).Where(group => group.Count() == 1).Select(group => group.Single()))
        {
            var messages = byTopic[line.GetProperty("topic").GetString()!].ToList();
            string where = $"{file} {line.GetProperty("topic").GetString()}";
            messages.Count.ShouldBe(line.GetProperty("count").GetInt32(), where);
            messages.Sum(message => message.Payload.Length).ShouldBe(line.GetProperty("bytes").GetInt32(), where);
            if (messages.Count == 0) continue;
            messages.ShouldAllBe(message => message.Channel.MessageEncoding == line.GetProperty("encoding").GetString(), where);
            messages.Min(message => message.LogTimeNs).ToString(CultureInfo.InvariantCulture).ShouldBe(line.GetProperty("min_log").GetString(), where);
            messages.Max(message => message.LogTimeNs).ToString(CultureInfo.InvariantCulture).ShouldBe(line.GetProperty("max_log").GetString(), where);
            if (!inFileOrder) continue;
            Crc32.Compute(messages.SelectMany(message => message.Payload).ToArray()).ShouldBe(line.GetProperty("crc32").GetUInt32(), where);
            messages[0].Sequence.ShouldBe(line.GetProperty("first_seq").GetUInt32(), where);
        }
    }

    private static List<(string File, List<JsonElement> Lines)> Expected()
    {
        Dictionary<string, List<JsonElement>> byFile = [];
        foreach (string line in File.ReadLines(TestData.PathOf("generated", "expected.jsonl")))
        {
            if (!line.Contains("\"mcap/", StringComparison.Ordinal)) continue;
            using var document = JsonDocument.Parse(line);
            var element = document.RootElement.Clone();
            string file = element.GetProperty("file").GetString()!;
            if (!File.Exists(TestData.PathOf("generated", file))) continue;
            if (!byFile.TryGetValue(file, out var lines)) byFile[file] = lines = [];
            if (element.TryGetProperty("kind", out _)) lines.Insert(0, element);
            else lines.Add(element);
        }

        byFile.Count.ShouldBeGreaterThan(50);
        return [.. byFile.Select(pair => (pair.Key, pair.Value))];
    }
}
