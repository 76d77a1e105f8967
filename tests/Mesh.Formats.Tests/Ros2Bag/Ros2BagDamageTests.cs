using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

public sealed class Ros2BagDamageTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task A_cut_bag_gives_every_message_whose_pages_are_there(int pageSize)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = Sample(folder, pageSize, out var rows);
        var known = SqliteBags.Describe(rows).ToHashSet();
        int last = 0;
        for (int tenth = 1; tenth < 20; tenth++)
        {
            int length = (int)((long)bytes.Length * tenth / 20) + (tenth * 7);
            var read = await TryReadAsync(bytes[..length]);
            if (read is null)
            {
                // Nothing but the first pages, which hold no table yet.
                length.ShouldBeLessThan(pageSize * 12, $"cut at {length}");
                continue;
            }

            read.Losses.ShouldContain(loss => loss.Code == "MESH10452" && loss.Offset == length);
            SqliteBags.Describe(read).ShouldAllBe(message => known.Contains(message));
            read.Messages.Count.ShouldBeGreaterThanOrEqualTo(last);
            last = read.Messages.Count;

            // Rows are inserted one after the other, so what lies before the cut is about that part of them.
            read.Messages.Count.ShouldBeGreaterThan((rows.Count * (tenth - 2) / 20) - 20, $"cut at {length}");
        }

        last.ShouldBeGreaterThan(rows.Count * 8 / 10);
    }

    [Fact]
    public async Task An_overwritten_interior_page_costs_no_message()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = Sample(folder, 512, out var rows);
        int damaged = 0;
        for (int page = 1; page < bytes.Length / 512; page++)
        {
            if (bytes[page * 512] != 5) continue;
            bytes.AsSpan(page * 512, 512).Fill(0xEE);
            damaged++;
        }

        damaged.ShouldBeGreaterThan(3);
        var read = (await TryReadAsync(bytes))!;
        read.Losses.ShouldContain(loss => loss.Code == "MESH10451");
        SqliteBags.Describe(read).ShouldBe(SqliteBags.Describe(rows));
    }

    [Fact]
    public async Task Without_the_schema_page_topics_and_messages_are_found_by_their_shape()
    {
        byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", "db3/gen4_iron.db3"), TestContext.Current.CancellationToken);
        var sound = await BagReading.BytesAsync(bytes);
        bytes.AsSpan(100, 924).Clear();
        var read = await BagReading.BytesAsync(bytes);
        read.Losses.ShouldNotBeEmpty();
        read.Channels.Select(channel => (channel.Topic, channel.Schema!.Name)).ShouldBe(sound.Channels.Select(channel => (channel.Topic, channel.Schema!.Name)));
        read.Channels[0].Schema!.Data.ToArray().ShouldBe(sound.Channels[0].Schema!.Data.ToArray());
        SqliteBags.Describe(read).ShouldBe(SqliteBags.Describe(sound));
    }

    [Fact]
    public async Task Rows_that_vanish_from_a_page_are_noticed()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = Sample(folder, 4096, out var rows);
        int page = Enumerable.Range(4, (bytes.Length / 4096) - 4).First(page => bytes[page * 4096] == 13 && bytes[(page * 4096) + 4] > 4);
        bytes[(page * 4096) + 4] -= 2;
        var read = (await TryReadAsync(bytes))!;
        read.Messages.Count.ShouldBe(rows.Count - 2);
        read.Losses.ShouldContain(loss => loss.Code == "MESH10451" && loss.Offset == page * 4096);
    }

    [Fact]
    public async Task Two_rows_that_share_an_overflow_chain_are_not_both_believed()
    {
        // A small file must not become a huge recording by pointing to the same pages again and again.
        using var folder = new TemporaryFolder();
        using (var connection = SqliteBags.Create(folder["bag.db3"], new SqliteBags.Layout()))
        {
            for (int i = 0; i < 2; i++) SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES (1, 1, zeroblob(100000))");
        }

        byte[] bytes = await File.ReadAllBytesAsync(folder["bag.db3"], TestContext.Current.CancellationToken);
        int leaf = Enumerable.Range(0, bytes.Length / 4096).First(page => bytes[page * 4096] == 13 && bytes[(page * 4096) + 4] == 2 && page > 1) * 4096;
        int first = Pointer(0), second = Pointer(1);
        int cell = first - second;
        bytes.AsSpan(leaf + first + cell - 4, 4).CopyTo(bytes.AsSpan(leaf + second + cell - 4));
        var read = (await TryReadAsync(bytes))!;
        read.Messages.Count.ShouldBe(1);
        read.Losses.ShouldContain(loss => loss.Code == "MESH10457");

        int Pointer(int index) => (bytes[leaf + 8 + (index * 2)] << 8) | bytes[leaf + 9 + (index * 2)];
    }

    [Fact]
    public async Task A_row_that_claims_more_than_the_file_has_is_a_loss()
    {
        using var folder = new TemporaryFolder();
        using (var connection = SqliteBags.Create(folder["bag.db3"], new SqliteBags.Layout()))
        {
            SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES (1, 1, zeroblob(100000)), (2, 1, x'00')");
        }

        // Payload length, then (behind rowid, header length, id, topic and time) the serial type of the blob: both claim 900 kB more.
        byte[] bytes = await File.ReadAllBytesAsync(folder["bag.db3"], TestContext.Current.CancellationToken);
        byte[] length = Varint(100_000 + 7), type = Varint((100_000 * 2) + 12);
        int at = bytes.AsSpan().IndexOf(length);
        int typeAt = at + bytes.AsSpan(at).IndexOf(type);
        at.ShouldBeGreaterThan(0);
        Varint(100_007 + 900_000).CopyTo(bytes, at);
        Varint(200_012 + 1_800_000).CopyTo(bytes, typeAt);
        var read = (await TryReadAsync(bytes))!;
        read.Messages.ShouldHaveSingleItem().LogTimeNs.ShouldBe(2UL);
        read.Losses.ShouldContain(loss => loss.Code == "MESH10457" && loss.Found.Contains("claim"));

        static byte[] Varint(int value) => [(byte)(0x80 | (value >> 14)), (byte)(0x80 | ((value >> 7) & 0x7F)), (byte)(value & 0x7F)];
    }

    [Fact]
    public async Task Mutated_bags_never_throw_anything_else_nor_hang()
    {
        using var folder = new TemporaryFolder();
        List<byte[]> samples =
        [
            Sample(folder, 512, out _, count: 150),
            Sample(folder, 1024, out _, count: 150),
        ];
        if (TestData.Root is { } root) samples.AddRange(Directory.GetFiles(Path.Combine(root, "generated", "db3"), "*.db3", SearchOption.AllDirectories).Select(File.ReadAllBytes));
        var random = new Random(5);
        int rounds = Require.Level == TestLevel.Fast ? 200 : 1500;
        int whole = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Mutate(samples[round % samples.Count], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var read = await TryReadAsync(bytes, new RecordingReaderOptions { MaxMessageBytes = 1 << 20, MaxLosses = 100 });
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200L << 20, $"round {round}");
            if (read is { Losses.Count: 0 }) whole++;
        }

        // Most flips fall into payloads and free space.
        whole.ShouldBeGreaterThan(rounds / 20);
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            // Page headers and the database header more often than payloads.
            int at = random.Next(3) switch { 0 => random.Next(100), 1 => (random.Next(bytes.Length / 512) * 512) + random.Next(16), _ => random.Next(bytes.Length) };
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(random.Next(1, 40), bytes.Length - at)).Fill(random.Next(2) == 0 ? (byte)0 : (byte)255);
                    break;
                default:
                    int from = random.Next(bytes.Length / 512) * 512;
                    bytes.AsSpan(from, Math.Min(512, bytes.Length - from)).CopyTo(bytes.AsSpan(Math.Min(at / 512 * 512, bytes.Length - 512)));
                    break;
            }
        }

        "SQLite format 3\0"u8.CopyTo(bytes);
        return random.Next(5) == 0 ? bytes[..random.Next(100, bytes.Length)] : bytes;
    }

    private static async Task<BagReading.ReadRecording?> TryReadAsync(byte[] bytes, RecordingReaderOptions? options = null)
    {
        try
        {
            return await BagReading.BytesAsync(bytes, "bag.db3", options);
        }
        catch (RecordingFormatException exception)
        {
            exception.Code.ShouldBe("MESH10450");
            return null;
        }
    }

    private static byte[] Sample(TemporaryFolder folder, int pageSize, out List<SqliteBags.Row> rows, int count = 1500)
    {
        string path = folder[$"{pageSize}-{count}.db3"];
        using (var connection = SqliteBags.Create(path, new SqliteBags.Layout { PageSize = pageSize }))
        {
            // One transaction each, so that pages lie in the order of the messages.
            SqliteBags.Fill(connection, new Random(pageSize), count, 2500);
        }

        rows = SqliteBags.Read(path);
        return File.ReadAllBytes(path);
    }
}
