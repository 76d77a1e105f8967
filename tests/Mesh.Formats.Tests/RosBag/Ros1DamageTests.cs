using System.Text;
using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

public sealed class Ros1DamageTests
{
    // Every record of a message of these samples: 46 bytes before the payload.
    private const int MessagePrefix = 46;

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task A_bag_cut_anywhere_gives_what_is_before_the_cut(Ros1BagCompression compression)
    {
        byte[] file = await Ros1Samples.WriteAsync(compression, messages: 200);
        var whole = await Ros1Reading.ReadAsync(file);
        int previous = 0;
        var options = new RecordingReaderOptions { Parallelism = 1 };
        int step = Require.Level == TestLevel.Fast ? 37 : 3;
        for (int length = 13; length < file.Length; length += step)
        {
            var read = await Ros1Reading.ReadAsync(file[..length], options);
            Content(read).ShouldBe(Content(whole).Take(read.Messages.Count), $"cut at {length}");
            read.Messages.Count.ShouldBeGreaterThanOrEqualTo(previous, $"cut at {length}");
            read.Losses.ShouldNotBeEmpty($"cut at {length}");
            previous = read.Messages.Count;
        }

        previous.ShouldBe(200);
    }

    [Fact]
    public async Task A_cut_uncompressed_bag_gives_every_message_that_is_whole_and_accounts_for_every_byte()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 100, chunkBytes: 1 << 20);
        int chunk = file.AsSpan().IndexOf("compression="u8) - 8;
        for (int length = 4200; length < 9000; length += 7)
        {
            var read = await Ros1Reading.ReadAsync(file[..length]);
            var loss = read.Losses.ShouldHaveSingleItem($"cut at {length}");
            loss.Code.ShouldBe(Ros1BagLosses.Truncated);
            (loss.Offset + loss.Bytes).ShouldBe(length);

            // The next message is the one that the cut goes through.
            int next = read.Messages.Count;
            if (next > 2) loss.Bytes.ShouldBeLessThan(MessagePrefix + Ros1Samples.Payload(next).Length, $"cut at {length}");
        }

        chunk.ShouldBeGreaterThan(4000);
    }

    [Theory]
    [InlineData("generated/bag/truncated_mid_chunk_lz4.bag", 76)]
    [InlineData("generated/bag/truncated_mid_chunk.bag", 79)]
    [InlineData("generated/bag/truncated_mid_index.bag", 90)]
    [InlineData("generated/bag/no_chunk_index_records.bag", 90)]
    [InlineData("generated/bag/empty_chunk_noindex.bag", 22)]
    public async Task Unfinished_bags_give_more_than_their_own_tools_find(string file, int messages)
    {
        var read = await Ros1Reading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf(file.Split('/')), TestContext.Current.CancellationToken));
        read.Messages.Count.ShouldBe(messages);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(Ros1BagLosses.Truncated);
    }

    [Theory]
    [InlineData("op=\u0002", 0)]
    [InlineData("conn=", 0)]
    [InlineData("time=", 2)]
    public async Task A_damaged_message_header_costs_that_message_and_no_other(string place, int offset)
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 100, chunkBytes: 1 << 20);
        var whole = await Ros1Reading.ReadAsync(file);
        int at = file.AsSpan().IndexOf("op=\u0002"u8);
        for (int i = 0; i < 40; i++) at += 1 + file.AsSpan(at + 1).IndexOf(Encoding.UTF8.GetBytes("op=\u0002"));
        int target = file.AsSpan(0, at + 40).LastIndexOf(Encoding.UTF8.GetBytes(place)) + offset;
        file[target] ^= 0x04;

        var read = await Ros1Reading.ReadAsync(file);
        read.Messages.Count.ShouldBe(99);
        Content(read).Except(Content(whole)).ShouldBeEmpty();
        int lost = Enumerable.Range(0, 100).Except(read.Messages.Select(Ros1Samples.NumberOf)).Single();
        read.Losses.ShouldHaveSingleItem().Bytes.ShouldBe(MessagePrefix + Ros1Samples.Payload(lost).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-5)]
    [InlineData(300)]
    [InlineData(1 << 28)]
    public async Task A_wrong_length_costs_its_message_and_never_gives_a_shorter_or_longer_one(int change)
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 100, chunkBytes: 1 << 20);
        var whole = await Ros1Reading.ReadAsync(file);
        int at = Find(file, Ros1Samples.Payload(50)) - 4;
        BitConverter.TryWriteBytes(file.AsSpan(at), BitConverter.ToInt32(file, at) + change);

        var read = await Ros1Reading.ReadAsync(file);
        Content(read).Except(Content(whole)).ShouldBeEmpty();
        read.Messages.Count.ShouldBe(99);
        read.Losses.ShouldHaveSingleItem().Bytes.ShouldBe(MessagePrefix + 50);
    }

    [Theory]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task A_damaged_compressed_chunk_costs_its_own_messages_and_the_definitions_come_from_the_index(Ros1BagCompression compression)
    {
        byte[] file = await Ros1Samples.WriteAsync(compression, chunkBytes: 8192);
        var whole = await Ros1Reading.ReadAsync(file);
        long first = whole.Messages[0].FileOffset;
        file[first + 800] ^= 0x55;

        var read = await Ros1Reading.ReadAsync(file);
        Content(read).ShouldBe(Content(whole).Skip(whole.Messages.Count - read.Messages.Count));
        read.Messages.Count.ShouldBe(whole.Messages.Count(message => message.FileOffset != first));
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe(Ros1BagLosses.ChunkDecompression);
        loss.Offset.ShouldBe(first);
        loss.Bytes.ShouldBeGreaterThan(8000);
    }

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task A_wrong_chunk_length_costs_nothing(Ros1BagCompression compression)
    {
        byte[] file = await Ros1Samples.WriteAsync(compression, chunkBytes: 8192);
        var whole = await Ros1Reading.ReadAsync(file);
        int chunk = (int)whole.Messages[300].FileOffset;
        int at = chunk + 4 + BitConverter.ToInt32(file, chunk);
        foreach (int change in new[] { 100, -100, 1 << 20 })
        {
            byte[] damaged = [.. file];
            BitConverter.TryWriteBytes(damaged.AsSpan(at), BitConverter.ToInt32(file, at) + change);
            var read = await Ros1Reading.ReadAsync(damaged);
            Content(read).ShouldBe(Content(whole), $"{change}");
            read.Losses.ShouldNotBeEmpty();
        }
    }

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task A_hole_in_the_file_costs_what_was_in_it(Ros1BagCompression compression)
    {
        byte[] file = await Ros1Samples.WriteAsync(compression, chunkBytes: 8192);
        var whole = await Ros1Reading.ReadAsync(file);
        long from = whole.Messages[150].FileOffset + 700, to = whole.Messages[450].FileOffset + 300;
        var read = await Ros1Reading.ReadAsync([.. file[..(int)from], .. file[(int)to..]]);
        Content(read).Except(Content(whole)).ShouldBeEmpty();
        read.Losses.ShouldNotBeEmpty();

        // Chunks before and behind the hole are untouched.
        var intact = whole.Messages.Where(message => message.FileOffset < whole.Messages[150].FileOffset || message.FileOffset > whole.Messages[450].FileOffset);
        intact.Select(Ros1Samples.NumberOf).Except(read.Messages.Select(Ros1Samples.NumberOf)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_bag_header_costs_no_message()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4);
        file.AsSpan(20, 60).Fill(0xFF);
        var read = await Ros1Reading.ReadAsync(file);
        read.Messages.Count.ShouldBe(Ros1Samples.Messages);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(Ros1BagLosses.NotARecord);
    }

    [Fact]
    public async Task An_index_that_lies_is_given_up_and_the_rest_read_without_it()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4, chunkBytes: 8192);
        var whole = await Ros1Reading.ReadAsync(file);
        int info = file.AsSpan().IndexOf("chunk_pos="u8) + 10;
        for (int i = 0; i < 2; i++) info += 10 + file.AsSpan(info).IndexOf("chunk_pos="u8);
        file[info]++;

        var query = new RecordingQuery { Topics = ["/text"] };
        var read = await Ros1Reading.ReadAsync(file, new RecordingReaderOptions { Query = query });
        read.Messages.Select(Ros1Samples.NumberOf).ShouldBe(whole.Messages.Where(message => message.Channel.Topic == "/text").Select(Ros1Samples.NumberOf));
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(Ros1BagLosses.Index);
    }

    [Fact]
    public async Task Messages_outside_chunks_are_read()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 300, chunkBytes: 1 << 20);
        int chunk = file.AsSpan().IndexOf("compression="u8) - 8;
        int data = chunk + 8 + BitConverter.ToInt32(file, chunk);
        int length = BitConverter.ToInt32(file, data - 4);
        var read = await Ros1Reading.ReadAsync([.. file[..chunk], .. file[data..(data + length)], .. file[(data + length)..]]);
        read.Messages.Select(Ros1Samples.NumberOf).ShouldBe(Enumerable.Range(0, 300));
        read.Messages.Select(message => message.FileOffset).Distinct().Count().ShouldBe(300);
    }

    [Fact]
    public async Task Limits_are_kept_and_reported()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None);
        var read = await Ros1Reading.ReadAsync(file, new RecordingReaderOptions { MaxMessageBytes = 100 });
        read.Messages.Count.ShouldBe(Enumerable.Range(0, Ros1Samples.Messages).Count(i => Ros1Samples.Payload(i).Length <= 100));

        read.Losses.ShouldAllBe(loss => loss.Code == Ros1BagLosses.MessageTooLarge);

        byte[] compressed = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4);
        var small = await Ros1Reading.ReadAsync(compressed, new RecordingReaderOptions { MaxBlockBytes = 500 });
        small.Messages.ShouldBeEmpty();
        small.Losses.ShouldAllBe(loss => loss.Code == Ros1BagLosses.ChunkTooLarge && loss.Bytes > 0);
        (await Ros1Reading.ReadAsync(compressed, new RecordingReaderOptions { MaxBlockBytes = 500, MaxLosses = 3 })).Losses.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_chunk_that_claims_more_than_it_can_hold_gets_no_memory_for_it()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4);
        int size = file.AsSpan().IndexOf("size="u8) + 5;
        BitConverter.TryWriteBytes(file.AsSpan(size), 250 << 20);
        var read = await Ros1Reading.ReadAsync(file, new RecordingReaderOptions { MaxBufferedBytes = 1 << 20 });
        read.Messages.Count.ShouldBe(Ros1Samples.Messages);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(Ros1BagLosses.ChunkLength);
    }

    [Fact]
    public async Task An_encrypted_bag_is_refused_by_name()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.None);
        byte[] field = "\0\0\0\0encryptor=rosbag/AesCbcEncryptor"u8.ToArray();
        BitConverter.TryWriteBytes(field, field.Length - 4);
        int headerLength = BitConverter.ToInt32(file, 13);
        byte[] encrypted = [.. file[..13], .. BitConverter.GetBytes(headerLength + field.Length), .. file[17..(17 + headerLength)], .. field, .. file[(17 + headerLength)..]];
        var refusal = await Should.ThrowAsync<RecordingFormatException>(() => Ros1Reading.ReadAsync(encrypted, name: "drive.bag"));
        refusal.Code.ShouldBe("MESH10400");
        refusal.Message.ShouldContain("rosbag/AesCbcEncryptor");
        refusal.Message.ShouldContain("drive.bag");
    }

    [Fact]
    public async Task An_id_that_changes_its_meaning_is_reported_and_the_later_meaning_counts()
    {
        byte[] one = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 10);
        byte[] other = [.. one];
        int at = other.AsSpan().IndexOf("/text"u8);
        "/tuxt"u8.CopyTo(other.AsSpan(at));
        int from = one.AsSpan().IndexOf("compression="u8) - 8;
        int index = (int)BitConverter.ToInt64(one, one.AsSpan().IndexOf("index_pos="u8) + 10);
        var read = await Ros1Reading.ReadAsync([.. one[..index], .. other[from..index]]);
        read.Messages.Count(message => message.Channel.Topic == "/text").ShouldBe(4);
        read.Messages.Count(message => message.Channel.Topic == "/tuxt").ShouldBe(4);
        read.Losses.ShouldContain(loss => loss.Code == Ros1BagLosses.Definition);
    }

    private static IEnumerable<(string, ulong, string)> Content(Ros1Reading.ReadRecording read) =>
        read.Messages.Select(message => (message.Channel.Topic, message.LogTimeNs, Convert.ToHexString(message.Payload)));

    private static int Find(byte[] file, byte[] payload) => file.AsSpan().IndexOf([.. BitConverter.GetBytes(payload.Length), .. payload]) + 4;
}
