using System.Buffers.Binary;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

/// <summary>The topic setting <c>compression.type</c>.</summary>
public class BatchTranscoderTests
{
    public static TheoryData<int, int> Codecs()
    {
        var all = new TheoryData<int, int>();
        for (int from = 0; from <= 4; from++)
        {
            for (int to = 0; to <= 4; to++) all.Add(from, to);
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task Batches_of_any_compression_are_in_the_log_in_the_topics_with_everything_else_as_it_was(int from, int to)
    {
        using var folder = new TemporaryFolder();
        await using var plain = await OpenAsync(folder["plain"], new LogSettings());
        await using var log = await OpenAsync(folder["log"], new LogSettings { Codec = to });
        for (int i = 0; i < 3; i++)
        {
            foreach (var target in new[] { plain, log })
            {
                byte[] batch = Batch(i, from);
                var appended = await target.AppendAsync(batch, RecordBatchHeader.Read(batch));
                appended.ShouldBe(new AppendResult(ErrorCode.None, i * 50));

                // Sent again, since the answer may have been lost.
                (await target.AppendAsync(Batch(i, from), RecordBatchHeader.Read(batch))).BaseOffset.ShouldBe(i * 50);
            }
        }

        await plain.AppendMarkerAsync(7, 1, commit: true);
        await log.AppendMarkerAsync(7, 1, commit: true);
        (await LogReader.CommittedAsync(log)).ShouldBe(await LogReader.CommittedAsync(plain));
        log.HighWatermark.ShouldBe(151);
        var headers = Headers(log);
        headers.Take(3).ShouldAllBe(header => header.Compression == to && header.IsTransactional && header.ProducerId == 7 && header.ProducerEpoch == 1 && header.RecordCount == 50);
        headers.Take(3).Select(header => header.BaseSequence).ShouldBe([0, 50, 100]);
        headers.Take(3).Select(header => header.MaxTimestamp).ShouldBe([51_000, 52_000, 53_000]);
        if (from == to) headers[0].TotalBytes.ShouldBe(Batch(0, from).Length);

        static byte[] Batch(int i, int codec) => Batches.Of(
            [.. Enumerable.Range(0, 50).Select(r => (r % 3 == 0 ? null : $"key {r}", r % 7 == 0 ? null : new string('v', r)))!],
            timestampMs: 2_000 + (i * 1_000), producerId: 7, epoch: 1, sequence: i * 50, transactional: true, codec: codec);
    }

    [Fact]
    public async Task The_time_of_the_append_is_in_the_batch_that_was_compressed_anew()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(5_000_000));
        await using var log = await OpenAsync(folder["log"], new LogSettings { Codec = 1, LogAppendTime = true, Time = clock });
        byte[] batch = Batches.Of([("a", "1")], codec: 2);

        (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).LogAppendTimeMs.ShouldBe(5_000_000);
        Headers(log).Single().MaxTimestamp.ShouldBe(5_000_000);
        (await LogReader.CommittedAsync(log)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_small_batch_that_expands_without_end_is_refused_within_bounded_memory(int codec)
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Codec = codec == 1 ? 2 : 1, MaxMessageBytes = 100_000 });
        byte[] bomb = Batches.Of([("a", new string('x', 2_000_000))], codec: codec);
        byte[] dense = Batches.Of([("a", new string('x', 1_000_000))], codec: codec);
        bomb.Length.ShouldBeLessThan(100_000);

        (await log.AppendAsync(bomb, RecordBatchHeader.Read(bomb))).Error.ShouldBe(ErrorCode.InvalidRecord);
        (await log.AppendAsync(dense, RecordBatchHeader.Read(dense))).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_batch_that_is_too_large_as_it_has_to_be_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Codec = 0, MaxMessageBytes = 5_000 });
        byte[] batch = Batches.Of([("a", new string('x', 20_000))], codec: 1);

        (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.MessageTooLarge);
        log.HighWatermark.ShouldBe(0);
    }

    [Fact]
    public async Task Records_that_are_fewer_or_in_another_order_than_the_batch_says_are_refused()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Codec = 1 });
        byte[] batch = Batches.Of([("a", "1"), ("b", "2"), ("c", "3")], codec: 4);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), 3);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 4);
        Batches.Seal(batch);
        (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.InvalidRecord);

        byte[] swapped = Batches.Of([("a", "1"), ("b", "2")]);
        int second = RecordBatchHeader.Size + ((swapped.Length - RecordBatchHeader.Size) / 2);
        (swapped[RecordBatchHeader.Size + 3], swapped[second + 4]).ShouldBe(((byte)0, (byte)2));
        swapped[second + 4] = 4;
        Batches.Seal(swapped);
        (await log.AppendAsync(swapped, RecordBatchHeader.Read(swapped))).Error.ShouldBe(ErrorCode.InvalidRecord);
        log.HighWatermark.ShouldBe(0);
    }

    private static List<RecordBatchHeader> Headers(PartitionLog log)
    {
        byte[] buffer = new byte[1 << 20];
        int read = log.Read(0, buffer);
        var headers = new List<RecordBatchHeader>();
        for (int at = 0; at < read; at += (int)headers[^1].TotalBytes) headers.Add(RecordBatchHeader.Read(buffer.AsSpan(at)));
        return headers;
    }

    private static ValueTask<PartitionLog> OpenAsync(string folder, LogSettings settings) => PartitionLog.OpenAsync(folder, settings, NullLogger.Instance);
}
