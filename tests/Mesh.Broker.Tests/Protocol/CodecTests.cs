using Mesh.Broker.Network;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Testing;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Protocol;

public class CodecTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_in_both_forms(bool flexible)
    {
        using var writer = new ProtocolWriter { Flexible = flexible };
        writer.Int8(-3);
        writer.Int16(short.MinValue);
        writer.Int32(int.MaxValue);
        writer.Int64(long.MinValue);
        writer.Boolean(true);
        writer.String("Grüße");
        writer.NullableString(null);
        writer.Bytes([1, 2, 3]);
        writer.Array([10, 20], static (inner, value) => inner.Int32(value));
        writer.NullArray();
        writer.Tags();

        var reader = new ProtocolReader(writer.Written) { Flexible = flexible };
        reader.Int8().ShouldBe((sbyte)-3);
        reader.Int16().ShouldBe(short.MinValue);
        reader.Int32().ShouldBe(int.MaxValue);
        reader.Int64().ShouldBe(long.MinValue);
        reader.Boolean().ShouldBeTrue();
        reader.String().ShouldBe("Grüße");
        reader.NullableString().ShouldBeNull();
        reader.Bytes().ToArray().ShouldBe([1, 2, 3]);
        reader.Array(static inner => inner.Int32()).ShouldBe([10, 20]);
        reader.NullableArray(static inner => inner.Int32()).ShouldBeNull();
        reader.Tags();
        reader.Remaining.ShouldBe(0);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 100_000)]
    [InlineData(true, 0)]
    [InlineData(true, 126)]
    [InlineData(true, 127)]
    [InlineData(true, 100_000)]
    [InlineData(true, 500_000)]
    public async Task Records_taken_from_a_file_when_sending_are_a_bytes_field(bool flexible, int size)
    {
        using var folder = new TemporaryFolder();
        byte[] records = new byte[size];
        new Random(1).NextBytes(records);
        using var writer = new ProtocolWriter { Flexible = flexible };
        writer.Int32(7);
        await File.WriteAllBytesAsync(folder["segment"], [1, 2, 3, .. records, 4], TestContext.Current.CancellationToken);
        using var file = File.OpenHandle(folder["segment"]);
        var region = new FileRegion(file, 3, size);
        region.Hold();
        writer.Records(region);
        writer.Int32(8);
        using var sent = new MemoryStream();
        await AnswerSending.SendAsync(sent, writer, static _ => { }, TestContext.Current.CancellationToken);

        sent.Length.ShouldBe(writer.TotalBytes);
        var reader = new ProtocolReader(sent.ToArray()) { Flexible = flexible };
        reader.Int32().ShouldBe(7);
        reader.Bytes().ToArray().ShouldBe(records);
        reader.Int32().ShouldBe(8);
        reader.Remaining.ShouldBe(0);
    }

    [Fact]
    public void A_claimed_length_allocates_nothing()
    {
        byte[] claim = [0x7f, 0xff, 0xff, 0xff, 1, 2, 3];
        _ = Should.Throw<ProtocolException>(() => new ProtocolReader(claim).Array(static inner => inner.Int8()));
        long before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<ProtocolException>(() => new ProtocolReader(claim).Array(static inner => inner.Int8()));
        Should.Throw<ProtocolException>(() => new ProtocolReader(claim).Bytes());
        Should.Throw<ProtocolException>(() => new ProtocolReader((byte[])[0xff, 0xff, 0xff, 0xff, 0x07]) { Flexible = true }.String());

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    [Fact]
    public void The_checksum_is_that_of_the_specification()
    {
        // RFC 3720, appendix B.4.
        Crc32C.Compute(new byte[32]).ShouldBe(0x8a9136aau);
        Crc32C.Compute([.. Enumerable.Repeat((byte)0xff, 32)]).ShouldBe(0x62a8ab43u);
        Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]).ShouldBe(0x46dd794eu);
        Crc32C.Compute("123456789"u8).ShouldBe(0xe3069283u);
    }

    [Fact]
    public void The_checksum_of_long_data_checked_as_three_strands_is_the_one_of_its_bits()
    {
        byte[] data = new byte[40_000];
        new Random(5).NextBytes(data);
        foreach (int length in new[] { 0, 7, 12_287, 12_288, 12_289, 24_576, 39_999, 40_000 })
        {
            Crc32C.Compute(data.AsSpan(0, length)).ShouldBe(BitByBit(data.AsSpan(0, length)));
        }

        static uint BitByBit(ReadOnlySpan<byte> bytes)
        {
            uint state = uint.MaxValue;
            foreach (byte value in bytes)
            {
                state ^= value;
                for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ ((state & 1) * 0x82f63b78);
            }

            return ~state;
        }
    }

    [Fact]
    public void A_valid_batch_passes_and_no_other_byte_sequence_near_it_does()
    {
        byte[] valid = Batches.One("some value", producerId: 3);
        RecordBatchValidator.Validate(valid, 1 << 20, 7, out var header).ShouldBe(ErrorCode.None);
        header.RecordCount.ShouldBe(1);

        for (int at = 0; at < valid.Length; at++)
        {
            // The broker overwrites base offset and leader epoch, so what they hold does not matter.
            if (at is < 8 or (>= 12 and < 16)) continue;
            byte[] changed = [.. valid];
            changed[at] ^= 0x40;
            RecordBatchValidator.Validate(changed, 1 << 20, 7, out _).ShouldNotBe(ErrorCode.None, $"byte {at} changed");
        }

        for (int length = 0; length < valid.Length; length++)
        {
            RecordBatchValidator.Validate(valid.AsSpan(0, length), 1 << 20, 7, out _).ShouldNotBe(ErrorCode.None, $"cut to {length} bytes");
        }
    }

    [Theory]
    [InlineData("count", ErrorCode.InvalidRecord)]
    [InlineData("control", ErrorCode.InvalidRecord)]
    [InlineData("transactional", ErrorCode.InvalidRecord)]
    [InlineData("codec", ErrorCode.UnsupportedCompressionType)]
    [InlineData("magic", ErrorCode.UnsupportedForMessageFormat)]
    [InlineData("twice", ErrorCode.InvalidRecord)]
    [InlineData("large", ErrorCode.MessageTooLarge)]
    [InlineData("sequence", ErrorCode.InvalidRecord)]
    public void A_batch_with_a_right_checksum_is_still_refused_when_it_is_wrong(string what, object expected)
    {
        byte[] batch = Batches.One("some value", producerId: 3);
        int limit = 1 << 20;
        switch (what)
        {
            case "count": batch[60] = 5; batch[26] = 4; break;
            case "control": batch[22] |= 0x20; break;
            case "transactional": batch = Batches.One("some value"); batch[22] |= 0x10; break;
            case "codec": batch[22] |= 0x05; break;
            case "magic": batch[16] = 1; break;
            case "sequence": batch[53] = 0xff; break;
            case "large": limit = batch.Length - 1; break;
        }

        Batches.Seal(batch);
        if (what == "twice") batch = [.. batch, .. batch];

        RecordBatchValidator.Validate(batch, limit, 7, out _).ShouldBe((ErrorCode)expected);
    }
}
