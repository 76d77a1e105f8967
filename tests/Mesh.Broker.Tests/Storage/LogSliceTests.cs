using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public sealed class LogSliceTests
{
    private const int BatchCount = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(150)]
    [InlineData(500)]
    [InlineData(1_200)]
    [InlineData(1 << 20)]
    public async Task Slices_of_any_size_put_together_are_the_log(int maxBytes)
    {
        using var folder = new TemporaryFolder();
        await using var log = await WriteAsync(folder["log"]);
        var seen = new List<long>();
        for (long offset = 0; offset < log.HighWatermark;)
        {
            var slice = log.Slice(offset, maxBytes, firstWhole: true);
            var headers = Headers(slice);
            slice.Region.Release();
            headers.ShouldNotBeEmpty();
            headers[0].BaseOffset.ShouldBe(offset);
            if (headers.Count > 1) slice.Region.Length.ShouldBeLessThanOrEqualTo(maxBytes);
            seen.AddRange(headers.Select(header => header.BaseOffset));
            headers[^1].NextOffset.ShouldBe(slice.NextOffset);
            offset = slice.NextOffset;
        }

        seen.ShouldBe(Enumerable.Range(0, BatchCount).Select(i => (long)i));
    }

    [Fact]
    public async Task A_first_batch_that_is_too_large_is_only_taken_when_asked_for()
    {
        using var folder = new TemporaryFolder();
        await using var log = await WriteAsync(folder["log"]);
        (log.Slice(5, 10, firstWhole: false)).Region.Length.ShouldBe(0);
        var slice = log.Slice(5, 10, firstWhole: true);
        slice.Region.Release();
        slice.NextOffset.ShouldBe(6);
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(0, 1)]
    [InlineData(58, 60)]
    [InlineData(7, 7)]
    public async Task A_slice_ends_at_the_offset_a_reader_of_committed_records_may_see(long offset, long end)
    {
        using var folder = new TemporaryFolder();
        await using var log = await WriteAsync(folder["log"]);
        long next = offset;
        while ((log.Slice(next, 1 << 20, firstWhole: true, end)) is { Region.Length: > 0 } slice)
        {
            slice.Region.Release();
            next = slice.NextOffset;
        }

        next.ShouldBe(end);
    }

    [Fact]
    public async Task A_slice_can_still_be_read_when_its_segment_is_dropped()
    {
        using var folder = new TemporaryFolder();
        await using var log = await WriteAsync(folder["log"]);
        var slice = log.Slice(0, 1 << 20, firstWhole: true);
        (await log.DeleteRecordsAsync(-1)).ShouldBe(ErrorCode.None);
        log.Configure(log.Settings with { RetentionBytes = 0 });
        await log.ApplyRetentionAsync();

        log.StartOffset.ShouldBe(log.HighWatermark);
        Headers(slice)[0].BaseOffset.ShouldBe(0);
        slice.Region.Release();
    }

    private static async Task<PartitionLog> WriteAsync(string folder)
    {
        var settings = new LogSettings { SegmentBytes = 3_000, IndexIntervalBytes = 300 };
        var log = await PartitionLog.OpenAsync(folder, settings, NullLogger.Instance);
        for (int i = 0; i < BatchCount; i++)
        {
            byte[] batch = Batches.One(new string('v', i * 7 % 190));
            (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
        }

        return log;
    }

    private static List<RecordBatchHeader> Headers(LogSlice slice)
    {
        byte[] bytes = new byte[slice.Region.Length];
        RandomAccess.Read(slice.Region.File, bytes, slice.Region.Position).ShouldBe(bytes.Length);
        var headers = new List<RecordBatchHeader>();
        for (int at = 0; at < bytes.Length; at += (int)headers[^1].TotalBytes) headers.Add(RecordBatchHeader.Read(bytes.AsSpan(at)));
        return headers;
    }
}
