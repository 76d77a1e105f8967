using System.Buffers.Binary;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapDamageTests
{
    private static readonly McapWriterOptions Uncompressed = new() { ChunkBytes = 4096, Compression = McapCompression.None };

    [Fact]
    public async Task Every_cut_of_an_uncompressed_recording_keeps_all_whole_messages()
    {
        byte[] file = await McapSamples.WriteAsync(Uncompressed, messages: 120);
        var whole = await McapReading.ForwardAsync(file);
        int before = -1;
        for (int length = 8; length < file.Length; length += 7)
        {
            var cut = await McapReading.ForwardAsync(file[..length]);
            cut.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.Truncated, $"cut at {length}");
            cut.Messages.Count.ShouldBeGreaterThanOrEqualTo(before);
            before = cut.Messages.Count;
            cut.Messages.Select(message => message.Sequence).ShouldBe(whole.Messages.Take(cut.Messages.Count).Select(message => message.Sequence));
            cut.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)));
        }

        before.ShouldBe(120);
    }

    [Fact]
    public async Task A_flipped_byte_in_a_chunk_costs_that_chunk_and_nothing_else()
    {
        byte[] file = await McapSamples.WriteAsync(Uncompressed);
        var whole = await McapReading.ForwardAsync(file);
        long second = whole.Messages.Select(message => message.FileOffset).Distinct().Order().ElementAt(1);
        file[second + 500] ^= 0x10;

        var read = await McapReading.ForwardAsync(file);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe(McapLosses.ChunkCrc);
        loss.Offset.ShouldBe(second);
        read.Messages.Select(message => message.Sequence).ShouldBe(whole.Messages.Where(message => message.FileOffset != second).Select(message => message.Sequence));
    }

    [Fact]
    public async Task A_flipped_byte_outside_chunks_is_noticed_by_the_data_crc()
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { UseChunks = false });
        var whole = await McapReading.ForwardAsync(file);
        file[whole.Messages[200].FileOffset + 40] ^= 1;
        var read = await McapReading.ForwardAsync(file);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.DataCrc);
        read.Messages.Count.ShouldBe(McapSamples.Messages);
    }

    [Fact]
    public async Task A_chunk_whose_length_alone_is_damaged_is_read_by_its_inner_length()
    {
        byte[] file = await McapSamples.WriteAsync();
        long damaged = (await McapReading.ForwardAsync(file)).Messages[300].FileOffset;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan((int)damaged + 1), 1UL << 63);

        var read = await McapReading.ForwardAsync(file);
        var loss = read.Losses.ShouldHaveSingleItem();
        (loss.Code, loss.Offset, loss.Bytes).ShouldBe((McapLosses.NotARecord, damaged, 0));
        read.Messages.Count.ShouldBe(McapSamples.Messages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_length_of_2_to_the_63_is_a_loss_and_reading_goes_on_behind_it(bool chunks)
    {
        byte[] file = await McapSamples.WriteAsync(Uncompressed with { UseChunks = chunks });
        if (chunks) file[(await McapReading.ForwardAsync(file)).Messages[300].FileOffset + 9 + 8 * 3 + 4 + 4 + 5] ^= 1;
        var whole = await McapReading.ForwardAsync(await McapSamples.WriteAsync(Uncompressed with { UseChunks = chunks }));
        long damaged = whole.Messages[300].FileOffset;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan((int)damaged + 1), 1UL << 63);

        var read = await McapReading.ForwardAsync(file);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe(McapLosses.NotARecord);
        loss.Offset.ShouldBe(damaged);
        read.Messages.Select(message => message.Sequence).ShouldBe(whole.Messages.Where(message => message.FileOffset != damaged).Select(message => message.Sequence));
    }

    [Fact]
    public async Task Garbage_in_the_middle_is_stepped_over()
    {
        byte[] file = await McapSamples.WriteAsync(Uncompressed);
        var whole = await McapReading.ForwardAsync(file);
        long[] chunks = [.. whole.Messages.Select(message => message.FileOffset).Distinct().Order()];
        byte[] garbage = new byte[200_000];
        new Random(4).NextBytes(garbage);
        byte[] spliced = [.. file[..(int)chunks[3]], .. garbage, .. file[(int)chunks[3]..]];

        var read = await McapReading.ForwardAsync(spliced);
        read.Messages.Count.ShouldBe(McapSamples.Messages);
        read.Losses[0].Offset.ShouldBeInRange(chunks[3], chunks[3] + 200);
        read.Losses.Where(loss => loss.Offset < chunks[3] + garbage.Length).Sum(loss => loss.Bytes).ShouldBeInRange(garbage.Length - 200, garbage.Length);
    }

    [Fact]
    public async Task A_tail_of_zeros_is_one_loss()
    {
        byte[] file = await McapSamples.WriteAsync(Uncompressed);
        long end = (await McapReading.ForwardAsync(file)).Messages[^1].FileOffset;
        byte[] preallocated = [.. file[..(int)end], .. new byte[3 << 20]];
        var read = await McapReading.ForwardAsync(preallocated);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe(McapLosses.NotARecord);
        loss.Offset.ShouldBe(end);
        loss.Bytes.ShouldBe(3 << 20);
    }

    [Fact]
    public async Task A_recording_inside_a_cut_attachment_is_not_taken_for_the_recording()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        byte[] inner = await McapSamples.WriteAsync(Uncompressed);
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output);
        ushort channel = writer.AddChannel(0, "/outer", "");
        await writer.WriteMessageAsync(channel, 1, 1, 1, new byte[10], cancellationToken);
        await writer.WriteAttachmentAsync("inner.mcap", "application/mcap", 0, 0, inner, cancellationToken);
        await writer.CompleteAsync(cancellationToken);
        byte[] file = output.ToArray();
        var read = await McapReading.ForwardAsync(file[..(inner.Length / 2)]);
        read.Messages.ShouldBeEmpty();
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.Truncated);
    }

    [Theory]
    [InlineData("brotl", McapLosses.UnknownCompression)]
    [InlineData("zstd", McapLosses.ChunkDecompression)]
    [InlineData("lz4", McapLosses.ChunkDecompression)]
    public async Task A_chunk_that_cannot_be_decompressed_is_a_loss(string compression, string code)
    {
        byte[] file = OneChunk(compression, uncompressedSize: 5000, new byte[2000]);
        var read = await McapReading.ForwardAsync(file);
        read.Losses[0].Code.ShouldBe(code);
        read.Losses[0].Bytes.ShouldBe(2000);
    }

    [Theory]
    [InlineData("zstd", 257L << 20)]
    [InlineData("zstd", long.MaxValue)]
    [InlineData("lz4", 2000 * 256)]
    public async Task A_claim_no_data_could_fulfil_allocates_nothing(string compression, long claim)
    {
        byte[] file = OneChunk(compression, (ulong)claim, new byte[2000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var read = await McapReading.ForwardAsync(file);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        read.Losses[0].Code.ShouldBe(McapLosses.ChunkTooLarge);
    }

    [Fact]
    public async Task Messages_of_an_undefined_channel_are_counted_as_loss()
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { UseChunks = false, WriteCrc = false, Parts = McapSummaryParts.None });
        var whole = await McapReading.ForwardAsync(file);
        foreach (var message in whole.Messages.Skip(100).Take(3)) file[message.FileOffset + 9] = 77;
        var read = await McapReading.ForwardAsync(file);
        read.Messages.Count.ShouldBe(McapSamples.Messages - 3);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe(McapLosses.UndefinedChannel);
        loss.Found.ShouldContain("3 messages");
    }

    [Fact]
    public async Task Bytes_after_the_closing_magic_are_reported()
    {
        byte[] file = await McapSamples.WriteAsync();
        var read = await McapReading.ForwardAsync([.. file, 1, 2, 3]);
        read.Messages.Count.ShouldBe(McapSamples.Messages);
        read.Losses.ShouldHaveSingleItem().ShouldBe(new DataLoss(McapLosses.TrailingBytes, file.Length, 3, "the end of the file after the closing magic", "more bytes"));
    }

    [Fact]
    public async Task Damage_in_ten_thousand_places_is_reported_in_bounded_space()
    {
        using var output = new MemoryStream();
        output.Write(McapRecordLexer.Magic);
        for (int i = 0; i < 10_000; i++) output.Write(Record(McapOpcode.Message, new byte[5]));
        var read = await McapReading.ForwardAsync(output.ToArray(), new McapReaderOptions { MaxLosses = 10 });
        read.Losses.Count.ShouldBe(11);
        read.Losses[^1].Code.ShouldBe(McapLosses.FurtherDamage);
        read.Losses.Sum(loss => loss.Bytes).ShouldBe(10_000 * 14);
    }

    [Fact]
    public void A_record_longer_than_the_limit_is_corrupt_before_its_bytes_arrive()
    {
        var lexer = new McapRecordLexer(new McapReaderOptions { MaxRecordBytes = 100 });
        byte[] claim = [(byte)McapOpcode.Message, .. BitConverter.GetBytes(ulong.MaxValue)];
        lexer.TryRead(claim, out _, out int consumed).ShouldBe(McapLexResult.Corrupt);
        consumed.ShouldBe(0);
    }

    [Theory]
    [InlineData("", "MESH10001")]
    [InlineData("hello world", "MESH10002")]
    public async Task What_is_no_mcap_is_named(string content, string code)
    {
        var source = new MemoryByteSource(System.Text.Encoding.ASCII.GetBytes(content), "drive.bin");
        var exception = await Should.ThrowAsync<RecordingFormatException>(async () => await RecordingFormats.OpenAsync(source, TestContext.Current.CancellationToken));
        exception.Code.ShouldBe(code);
        exception.Message.ShouldContain("drive.bin");
    }

    private static byte[] OneChunk(string compression, ulong uncompressedSize, byte[] stored)
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes(compression);
        return
        [
            .. McapRecordLexer.Magic, .. Record(McapOpcode.Header, new byte[8]),
            .. Record(McapOpcode.Chunk,
            [
                .. new byte[16], .. BitConverter.GetBytes(uncompressedSize), .. new byte[4], .. BitConverter.GetBytes(name.Length), .. name,
                .. BitConverter.GetBytes((ulong)stored.Length), .. stored,
            ]),
            .. Record(McapOpcode.DataEnd, new byte[4]), .. Record(McapOpcode.Footer, new byte[20]), .. McapRecordLexer.Magic,
        ];
    }

    private static byte[] Record(McapOpcode opcode, byte[] content) => [(byte)opcode, .. BitConverter.GetBytes((ulong)content.Length), .. content];
}
