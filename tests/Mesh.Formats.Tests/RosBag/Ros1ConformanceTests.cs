using System.Globalization;
using System.Text.Json;
using Mesh.Formats.RosBag;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

/// <summary>Bags written by other people, with what other people's readers find in them.</summary>
public sealed class Ros1ConformanceTests
{
    // Damaged or unfinished on purpose: what the reader has to say of each.
    private static readonly Dictionary<string, string> Unfinished = new()
    {
        ["bag/active_index_pos_0.bag"] = Ros1BagLosses.Truncated,
        ["bag/no_chunk_index_records.bag"] = Ros1BagLosses.Truncated,
        ["bag/empty_chunk_noindex.bag"] = Ros1BagLosses.Truncated,
        ["bag/truncated_mid_chunk.bag"] = Ros1BagLosses.Truncated,
        ["bag/truncated_mid_chunk_lz4.bag"] = Ros1BagLosses.Truncated,
        ["bag/truncated_mid_index.bag"] = Ros1BagLosses.Truncated,
    };

    private const string CutInAChunk = "bag/truncated_mid_chunk.bag";

    private static readonly string[] Compressions = ["lz4", "bz2"];

    [Fact]
    public async Task Every_topic_holds_what_other_readers_found()
    {
        foreach (var (file, lines) in Expected())
        {
            byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", file), TestContext.Current.CancellationToken);
            foreach (int parallelism in new[] { 1, 4 })
            {
                var read = await Ros1Reading.ReadAsync(bytes, new RecordingReaderOptions { Parallelism = parallelism });
                if (Unfinished.TryGetValue(file, out string? code)) read.Losses.ShouldHaveSingleItem(file).Code.ShouldBe(code, file);
                else read.Losses.ShouldBeEmpty(file);
                if (file == CutInAChunk) read = await WithoutTheCutChunkAsync(read);
                Compare(file, lines, read);
            }
        }
    }

    [Fact]
    public async Task The_index_says_what_reading_finds()
    {
        foreach (var (file, _) in Expected())
        {
            byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", file), TestContext.Current.CancellationToken);
            var summary = await Ros1Reading.SummariseAsync(bytes);
            if (Unfinished.ContainsKey(file))
            {
                summary.ShouldBeNull(file);
                continue;
            }

            var read = await Ros1Reading.ReadAsync(bytes);
            summary.ShouldNotBeNull(file);
            summary.Messages.ShouldBe(read.Messages.Count, file);
            summary.StartTimeNs.ShouldBe(read.Messages.Min(message => message.LogTimeNs), file);
            summary.EndTimeNs.ShouldBe(read.Messages.Max(message => message.LogTimeNs), file);
            foreach (var channel in summary.Channels.GroupBy(channel => channel.Channel.Topic))
            {
                channel.Sum(part => part.Messages).ShouldBe(read.Messages.Count(message => message.Channel.Topic == channel.Key), $"{file} {channel.Key}");
            }

            var chunks = summary.Metadata.ShouldHaveSingleItem().Values;
            chunks["compression"].ShouldBe(Compressions.FirstOrDefault(name => file.Contains(name, StringComparison.Ordinal)) ?? (file is "bag/out_of_order.bag" or "bag/topics_300.bag" ? "lz4" : "none"), file);
        }
    }

    [Fact]
    public async Task Public_recordings_hold_as_many_messages_as_other_readers_count()
    {
        int compared = 0;
        foreach (string line in await File.ReadAllLinesAsync(TestData.PathOf("golden_messages.tsv"), TestContext.Current.CancellationToken))
        {
            string[] fields = line.Split('\t');
            string path = TestData.PathOf(fields[0]);
            if (!fields[0].EndsWith(".bag", StringComparison.Ordinal) || !File.Exists(path) || new FileInfo(path).Length == 0) continue;
            byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            var read = await Ros1Reading.ReadAsync(bytes);
            read.Losses.ShouldBeEmpty(fields[0]);
            read.Messages.Count.ShouldBe(int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0]);
            read.Messages.Sum(message => (long)message.Payload.Length).ShouldBe(long.Parse(fields[2], CultureInfo.InvariantCulture), fields[0]);
            (await Ros1Reading.SummariseAsync(bytes))!.Messages.ShouldBe(read.Messages.Count, fields[0]);
            compared++;
        }

        compared.ShouldBeGreaterThanOrEqualTo(11);
    }

    [Fact]
    public async Task A_topic_or_a_time_gives_the_same_through_the_index_as_by_reading_everything()
    {
        int skipped = 0;
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf(), "*.bag", SearchOption.AllDirectories).Order())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            if (bytes.Length == 0) continue;
            var all = await Ros1Reading.ReadAsync(bytes);
            ulong first = all.Messages.Min(message => message.LogTimeNs), last = all.Messages.Max(message => message.LogTimeNs);
            RecordingQuery[] queries =
            [
                new() { StartTimeNs = first + (last - first) / 3, EndTimeNs = first + (last - first) / 2 },
                new() { Topics = [all.Channels[^1].Topic] },
                new() { Topics = ["*t*"], EndTimeNs = first },
                new() { Topics = ["/nothing of that name"] },
            ];
            foreach (var query in queries)
            {
                var read = await Ros1Reading.ReadAsync(bytes, new RecordingReaderOptions { Query = query });
                var wanted = all.Messages.Where(message => query.Selects(message.LogTimeNs) && query.Selects(message.Channel.Topic)).ToList();
                read.Messages.Select(message => (message.Channel.Topic, message.LogTimeNs, Crc32.Compute(message.Payload)))
                    .ShouldBe(wanted.Select(message => (message.Channel.Topic, message.LogTimeNs, Crc32.Compute(message.Payload))), $"{file} {query}");
                if (wanted.Count < all.Messages.Count) skipped++;
            }
        }

        skipped.ShouldBeGreaterThan(50);
    }

    /// <summary>
    /// Other tools give up a chunk through which a cut goes. Its first messages are whole: they are those of the recording before it was cut.
    /// </summary>
    private static async Task<Ros1Reading.ReadRecording> WithoutTheCutChunkAsync(Ros1Reading.ReadRecording read)
    {
        var uncut = await Ros1Reading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf("generated", "bag", "all_none.bag"), TestContext.Current.CancellationToken));
        read.Messages.Count.ShouldBe(79);
        for (int i = 0; i < read.Messages.Count; i++)
        {
            read.Messages[i].Payload.ShouldBe(uncut.Messages[i].Payload);
            read.Messages[i].LogTimeNs.ShouldBe(uncut.Messages[i].LogTimeNs);
            read.Messages[i].Channel.Topic.ShouldBe(uncut.Messages[i].Channel.Topic);
        }

        return read with { Messages = read.Messages[..76] };
    }

    private static void Compare(string file, List<JsonElement> lines, Ros1Reading.ReadRecording read)
    {
        read.Messages.Count.ShouldBe(lines[0].GetProperty("messages").GetInt32(), file);
        var byTopic = read.Messages.ToLookup(message => message.Channel.Topic);
        foreach (var line in lines.Skip(1).Where(line => line.TryGetProperty("crc32_file_order", out _)))
        {
            var messages = byTopic[line.GetProperty("topic").GetString()!].ToList();
            string where = $"{file} {line.GetProperty("topic").GetString()}";
            messages.Count.ShouldBe(line.GetProperty("count").GetInt32(), where);
            messages.Sum(message => message.Payload.Length).ShouldBe(line.GetProperty("bytes").GetInt32(), where);
            Ros1Reading.Crc(messages).ShouldBe(line.GetProperty("crc32_file_order").GetUInt32(), where);
            Ros1Reading.Crc(messages.OrderBy(message => message.LogTimeNs)).ShouldBe(line.GetProperty("crc32_time_order").GetUInt32(), where);
            messages.Min(message => message.LogTimeNs).ShouldBe(line.GetProperty("first_ns").GetUInt64(), where);
            messages.Max(message => message.LogTimeNs).ShouldBe(line.GetProperty("last_ns").GetUInt64(), where);
        }

        if (lines[0].GetProperty("connections").ValueKind != JsonValueKind.Array) return;
        foreach (var connection in lines[0].GetProperty("connections").EnumerateArray())
        {
            var channel = read.Channels.First(candidate => candidate.Topic == connection.GetProperty("topic").GetString());
            channel.MessageEncoding.ShouldBe("ros1");
            channel.Schema!.Encoding.ShouldBe("ros1msg");
            channel.Schema.Name.ShouldBe(connection.GetProperty("type").GetString());
            channel.Metadata["md5sum"].Length.ShouldBe(32);
            if (connection.TryGetProperty("callerid", out var caller)) channel.Metadata["callerid"].ShouldBe(caller.GetString());
            if (connection.TryGetProperty("latching", out var latching)) channel.Metadata["latching"].ShouldBe(latching.GetString());
        }
    }

    private static List<(string File, List<JsonElement> Lines)> Expected()
    {
        Dictionary<string, List<JsonElement>> byFile = [];
        foreach (string line in File.ReadLines(TestData.PathOf("generated", "expected.jsonl")))
        {
            if (!line.Contains("\"bag/", StringComparison.Ordinal)) continue;
            using var document = JsonDocument.Parse(line);
            var element = document.RootElement.Clone();
            string file = element.GetProperty("file").GetString()!;
            if (!File.Exists(TestData.PathOf("generated", file))) continue;
            if (!byFile.TryGetValue(file, out var lines)) byFile[file] = lines = [];
            if (element.TryGetProperty("kind", out _)) lines.Insert(0, element);
            else lines.Add(element);
        }

        byFile.Count.ShouldBeGreaterThanOrEqualTo(17);
        return [.. byFile.Select(pair => (pair.Key, pair.Value))];
    }
}
