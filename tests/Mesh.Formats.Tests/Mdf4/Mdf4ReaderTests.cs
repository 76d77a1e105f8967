using System.Buffers.Binary;
using Mesh.Formats.Tests.Mdf3;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4;

public sealed class Mdf4ReaderTests
{
    private const ulong Start = 1_700_000_000_000_000_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Blocks_of_every_compression_are_read_also_when_records_cross_them(byte zip)
    {
        var file = new Mdf4Samples("4.30");
        byte[] data = Mdf4Samples.Records(5000);
        var blocks = new List<long>();
        for (int at = 0; at < data.Length; at += 10_007) blocks.Add(file.Zipped("DT", data[at..Math.Min(data.Length, at + 10_007)], zip, 12));
        long header = file.Block("HL", [file.List([.. blocks], 10_007)], [0, 0, zip, 0, 0, 0, 0, 0]);
        foreach (int parallelism in (int[])[1, 4])
        {
            var reading = await ReadAsync(file.Finish(file.DataGroup(file.CountGroup(5000), header)), new RecordingReaderOptions { Parallelism = parallelism });
            ShouldHoldCounts(reading, 0, 5000);
            reading.Losses.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Tiny_blocks_empty_blocks_and_chained_lists_make_one_stream()
    {
        var file = new Mdf4Samples();
        byte[] data = Mdf4Samples.Records(1000);
        long next = 0;
        var offsets = new List<(long Block, long Offset)>();
        for (int at = 0, i = 0; at < data.Length; i++)
        {
            int length = Math.Min(data.Length - at, i % 7);
            offsets.Add((file.Block("DT", [], data[at..(at + length)]), at));
            at += length;
        }

        foreach (var part in offsets.Chunk(50).Reverse()) next = file.List([.. part.Select(entry => entry.Block)], 0, [.. part.Select(entry => entry.Offset)], next);
        var reading = await ReadAsync(file.Finish(file.DataGroup(file.CountGroup(1000), next)));
        reading.Losses.ShouldBeEmpty();
        ShouldHoldCounts(reading, 0, 1000);
    }

    [Fact]
    public async Task Blocks_that_an_unfinished_list_does_not_link_yet_are_found_behind_the_last_one()
    {
        var file = new Mdf4Samples(unfinished: 0x11);
        byte[] data = Mdf4Samples.Records(1000);
        long[] blocks = [.. Enumerable.Range(0, 4).Select(i => file.Block("DT", [], data[(i * 3000)..((i + 1) * 3000)]))];
        blocks.AsSpan(1).Clear();
        var reading = await ReadAsync(file.Finish(file.DataGroup(file.CountGroup(0), file.List(blocks, 3000))));
        ShouldHoldCounts(reading, 0, 1000);
        reading.Summary!.Messages.ShouldBeNull();
    }

    [Fact]
    public async Task A_query_gives_the_topics_and_times_it_asks_for()
    {
        var file = new Mdf4Samples();
        long second = file.DataGroup(file.CountGroup(100, "other"), file.Block("DT", [], Mdf4Samples.Records(100)));
        byte[] bytes = file.Finish(file.DataGroup(file.CountGroup(1000), file.Block("DT", [], Mdf4Samples.Records(1000)), next: second));
        var query = new RecordingQuery { Topics = ["coun*"], StartTimeNs = Start + 1_000_000_000, EndTimeNs = Start + 1_990_000_000 };
        var reading = await ReadAsync(bytes, new RecordingReaderOptions { Query = query });
        reading.Channels.Select(channel => channel.Topic).ShouldBe(["counts", "other"]);
        reading.Messages.Keys.ShouldBe([0]);
        ShouldHoldCounts(reading, 100, 100);
    }

    [Fact]
    public async Task Values_of_a_variable_length_group_are_joined_wherever_they_lie()
    {
        foreach (var order in Enum.GetValues<ValueOrder>())
        {
            var (bytes, texts) = Unsorted(order, 4000);
            string spill = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(spill);
            var reading = await ReadAsync(bytes, new RecordingReaderOptions { MaxBufferedBytes = order is ValueOrder.AllFirst or ValueOrder.AllLast ? 1 << 17 : 64 << 20, SpillFolder = spill });
            reading.Losses.ShouldBeEmpty(order.ToString());
            Texts(reading).ShouldBe(texts, order.ToString());
            Directory.GetFiles(spill).ShouldBeEmpty();
            Directory.Delete(spill);
        }
    }

    [Fact]
    public async Task Values_may_be_shared_and_out_of_order_in_signal_data()
    {
        var file = new Mdf4Samples();
        var signal = new List<byte>();
        var offsets = new List<long>();
        var random = new Random(5);
        for (int i = 0; i < 3000; i++)
        {
            offsets.Add(signal.Count);
            signal.AddRange([.. Mdf4Samples.U32(i % 50), .. Enumerable.Repeat((byte)i, i % 50)]);
        }

        byte[] data = new byte[16 * 5000];
        int[] picks = [.. Enumerable.Range(0, 5000).Select(_ => random.Next(3000))];
        for (int i = 0; i < picks.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(i * 16), i * 0.001);
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan((i * 16) + 8), offsets[picks[i]]);
        }

        byte[] all = [.. signal];
        var pieces = new List<long>();
        for (int at = 0; at < all.Length; at += 4999) pieces.Add(at % 2 == 0 ? file.Block("SD", [], all[at..Math.Min(all.Length, at + 4999)]) : file.Zipped("SD", all[at..Math.Min(all.Length, at + 4999)]));
        long list = file.List([.. pieces], 4999);
        long text = file.Channel("v", 1, 0, 10, 8, 64, data: list);
        long group = file.Group(file.Channel("t", 2, 1, 4, 0, 64, text), 16, 5000);
        var reading = await ReadAsync(file.Finish(file.DataGroup(group, file.Zipped("DT", data))));
        reading.Losses.ShouldBeEmpty();
        reading.Of(0).Select(message => message.Payload.Length).ShouldBe(picks.Select(pick => 20 + (pick % 50)));
        reading.Of(0).Where((message, i) => message.Payload.AsSpan(20).IndexOfAnyExcept((byte)picks[i]) >= 0).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_attachment_is_found_in_the_folder_by_its_last_name_alone()
    {
        byte[] file = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "mdf4", "metadata_full.mf4"), TestContext.Current.CancellationToken);
        var folder = new OneFile("video.avi", [1, 2, 3]);
        var token = TestContext.Current.CancellationToken;
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions { Folder = folder }, token);
        var summary = await reader.ReadSummaryAsync(token);
        summary!.Attachments.Select(attachment => attachment.Name).ShouldBe(["notes.txt", "blob.bin", "..\\ext\\video.avi", "empty.bin"]);
        uint[] crcs = [1071042817, 1728193227];
        int[] lengths = [66, 5120];
        for (int i = 0; i < 2; i++)
        {
            await using var stream = await reader.OpenAttachmentAsync(summary.Attachments[i], token);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, token);
            copy.Length.ShouldBe(lengths[i]);
            Crc32.Compute(copy.ToArray()).ShouldBe(crcs[i]);
        }

        await using var external = await reader.OpenAttachmentAsync(summary.Attachments[2], token);
        external.Length.ShouldBe(3);
        folder.Asked.ShouldBe(["video.avi"]);
    }

    [Fact]
    public async Task Summary_tells_events_history_and_comments()
    {
        byte[] file = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "mdf4", "metadata_full.mf4"), TestContext.Current.CancellationToken);
        var summary = (await ReadAsync(file)).Summary!;
        summary.Version.ShouldStartWith("4.");
        summary.Messages.ShouldBe(20);
        summary.Events.Select(mark => (mark.Name, mark.Kind, mark.TimeNs is { } time ? (long)(time - 1_700_000_000_123_456_789) : (long?)null)).ShouldBe([
            ("rec start", "recording", 0), ("range begin", "trigger begin", 1_000_000_000), ("range end", "trigger end", 5_000_000_000),
            ("trigger", "stop recording trigger", 2_500_000_000), ("marker ü", "marker", -1_500_000_000), ("angle marker", "marker", null),
            ("index marker", "marker", null), ("interrupt", "acquisition interrupt", 7_000_000_000)]);
        summary.Metadata.Count(group => group.Name.StartsWith("file history", StringComparison.Ordinal)).ShouldBe(3);
        byte[] reversed = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "mdf4", "metadata_reversed.mf4"), TestContext.Current.CancellationToken);
        var other = (await ReadAsync(reversed)).Summary!;
        other.Events.ShouldBe(summary.Events);
        other.Metadata.Select(group => group.Name).ShouldBe(summary.Metadata.Select(group => group.Name));
    }

    private enum ValueOrder
    {
        Before,
        Behind,
        AllFirst,
        AllLast,
    }

    private static (byte[] File, string[] Texts) Unsorted(ValueOrder order, int count)
    {
        var file = new Mdf4Samples();
        var records = new List<byte[]>();
        var values = new List<byte[]>();
        var texts = new string[count];
        long offset = 0;
        for (int i = 0; i < count; i++)
        {
            texts[i] = new string((char)('a' + (i % 26)), i % 90);
            records.Add([1, .. BitConverter.GetBytes(i * 0.001), .. Mdf4Samples.U64(offset)]);
            values.Add([2, .. Mdf4Samples.U32(texts[i].Length), .. System.Text.Encoding.ASCII.GetBytes(texts[i])]);
            offset += 4 + texts[i].Length;
        }

        byte[] data = order switch
        {
            ValueOrder.Before => [.. values.Zip(records).SelectMany(pair => (byte[])[.. pair.First, .. pair.Second])],
            ValueOrder.Behind => [.. records.Zip(values).SelectMany(pair => (byte[])[.. pair.First, .. pair.Second])],
            ValueOrder.AllFirst => [.. values.SelectMany(value => value), .. records.SelectMany(record => record)],
            _ => [.. records.SelectMany(record => record), .. values.SelectMany(value => value)],
        };
        long store = file.Group(0, 0, count, id: 2, flags: 1);
        long text = file.Channel("text", 1, 0, 7, 8, 64, data: store);

        // The groups are chained the other way round: where a group stands must not matter.
        long group = file.Group(file.Channel("t", 2, 1, 4, 0, 64, text), 16, count, store, 1);
        return (file.Finish(file.DataGroup(group, file.Block("DT", [], data), 1)), texts);
    }

    private static string[] Texts(MdfReading reading) => [.. reading.Of(0).Select(message =>
    {
        BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(16)).ShouldBe(message.Payload.Length - 20);
        return System.Text.Encoding.ASCII.GetString(message.Payload.AsSpan(20));
    })];

    private static Task<MdfReading> ReadAsync(byte[] file, RecordingReaderOptions? options = null) => MdfReading.ReadAsync(file, options);

    private static void ShouldHoldCounts(MdfReading reading, int first, int count)
    {
        reading.Of(0).Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(8))).ShouldBe(Enumerable.Range(first, count));
        reading.Of(0).Select(message => message.LogTimeNs).ShouldBe(Enumerable.Range(first, count).Select(i => Start + ((ulong)i * 10_000_000)));
    }

    private sealed class OneFile(string name, byte[] bytes) : IRecordingFolder
    {
        public List<string> Asked { get; } = [];

        public ValueTask<IByteSource?> TryOpenAsync(string asked, CancellationToken cancellationToken)
        {
            Asked.Add(asked);
            return new(asked == name ? new MemoryByteSource(bytes) : null);
        }

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => new([name]);
    }
}
