using System.Buffers.Binary;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Storage;

public class BatchAdmissionTests
{
    private const long Now = 1_000_000_000;

    private static readonly LogSettings Compacted = new() { Compact = true };

    private static readonly LogSettings Timed = new()
    {
        MaxTimestampBehind = TimeSpan.FromSeconds(10), MaxTimestampAhead = TimeSpan.FromSeconds(10), Time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(Now)),
    };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_compacted_topic_names_the_records_without_a_key(int codec)
    {
        byte[] batch = Batches.Of([("a", "1"), (null, "2"), ("", "3"), (null, null)], codec: codec);
        var header = RecordBatchHeader.Read(batch);

        BatchAdmission.Check(batch, header, Compacted).ShouldBe(ErrorCode.InvalidRecord);
        BatchAdmission.RefusedRecords(batch, header, Compacted, ErrorCode.InvalidRecord).ShouldBe([1, 3]);
        BatchAdmission.Check(batch, header, new LogSettings()).ShouldBe(ErrorCode.None);
        BatchAdmission.RefusedRecords(batch, header, new LogSettings(), ErrorCode.InvalidRecord).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Times_are_looked_at_record_by_record(int codec)
    {
        // The base time is within the limits and so is the largest; the first and the last record's are, too. Only the one in between is not.
        byte[] batch = Shift(Batches.Of([("a", "1"), ("b", "2"), ("c", "3")], timestampMs: Now, codec: 0), record: 1, deltaMs: -20_000, codec);
        var header = RecordBatchHeader.Read(batch);

        BatchAdmission.Check(batch, header, Timed).ShouldBe(ErrorCode.InvalidTimestamp);
        BatchAdmission.RefusedRecords(batch, header, Timed, ErrorCode.InvalidTimestamp).ShouldBe([1]);
        BatchAdmission.Check(batch, header, Timed with { MaxTimestampBehind = TimeSpan.FromSeconds(20) }).ShouldBe(ErrorCode.None);
        BatchAdmission.Check(batch, header, Timed with { LogAppendTime = true }).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void A_base_time_that_no_record_has_refuses_nothing()
    {
        byte[] batch = Batches.Of([("a", "1")], timestampMs: Now);
        batch = Shift(batch, record: 0, deltaMs: 50_000, codec: 0);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), Now - 50_000);
        Batches.Seal(batch);

        BatchAdmission.Check(batch, RecordBatchHeader.Read(batch), Timed).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Records_that_are_none_are_refused_without_positions()
    {
        byte[] batch = Batches.Of([("a", "1"), ("b", "2")]);
        batch[RecordBatchHeader.Size] = 0xfe;
        Batches.Seal(batch);
        var header = RecordBatchHeader.Read(batch);

        BatchAdmission.Check(batch, header, Compacted).ShouldBe(ErrorCode.InvalidRecord);
        BatchAdmission.RefusedRecords(batch, header, Compacted, ErrorCode.InvalidRecord).ShouldBeEmpty();
    }

    /// <summary>Gives one record another time, and the batch another compression.</summary>
    private static byte[] Shift(byte[] batch, int record, long deltaMs, int codec)
    {
        using var records = new PooledBytes(1024);
        ReadOnlySpan<byte> rest = batch.AsSpan(RecordBatchHeader.Size);
        for (int i = 0; RawRecord.TryRead(ref rest, out var each); i++)
        {
            using var body = new PooledBytes(1024);
            body.Append([each.Attributes]);
            body.AppendVarInt(i == record ? deltaMs : each.TimestampDelta);
            body.AppendVarInt(each.OffsetDelta);
            body.Append(each.Content);
            records.AppendVarInt(body.Length);
            records.Append(body.Span);
        }

        using var shifted = new PooledBytes(1024);
        shifted.Append(batch.AsSpan(0, RecordBatchHeader.Size));
        RecordCompression.TryCompress(codec, records.Span, shifted).ShouldBeTrue();
        byte[] bytes = shifted.Span.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - RecordBatchHeader.LengthPrefix);
        bytes[22] = (byte)codec;
        return Batches.Seal(bytes);
    }
}
