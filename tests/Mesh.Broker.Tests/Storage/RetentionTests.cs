using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class RetentionTests
{
    private readonly ManualTimeProvider clock = new(DateTimeOffset.UtcNow.AddDays(1));

    [Fact]
    public async Task An_old_log_that_nobody_writes_to_is_dropped_whole_and_goes_on_at_its_offset()
    {
        using var folder = new TemporaryFolder();
        var settings = new LogSettings { Time = clock, Retention = TimeSpan.FromHours(1) };
        await using (var log = await OpenAsync(folder["log"], settings))
        {
            for (int i = 0; i < 5; i++) await AppendAsync(log, Batches.One("value", timestampMs: Now));
            clock.Advance(TimeSpan.FromMinutes(59));
            await log.ApplyRetentionAsync();
            log.StartOffset.ShouldBe(0);
            clock.Advance(TimeSpan.FromMinutes(2));
            await log.ApplyRetentionAsync();
            log.StartOffset.ShouldBe(5);
            log.SizeBytes.ShouldBe(0);
        }

        await using var again = await OpenAsync(folder["log"], settings);
        (again.StartOffset, again.HighWatermark).ShouldBe((5, 5));
        (await AppendAsync(again, Batches.One("value"))).BaseOffset.ShouldBe(5);
    }

    [Fact]
    public async Task A_segment_closes_at_its_age_also_when_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Time = clock, SegmentAge = TimeSpan.FromMinutes(10) });
        await AppendAsync(log, Batches.One("value"));
        await log.ApplyRetentionAsync();
        log.SegmentOffsets.Count.ShouldBe(1);
        clock.Advance(TimeSpan.FromMinutes(11));
        await log.ApplyRetentionAsync();
        log.SegmentOffsets.Select(segment => segment.Offset).ShouldBe([0L, 1L]);
        await log.ApplyRetentionAsync();
        log.SegmentOffsets.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_segment_is_as_old_as_before_when_its_files_were_copied(bool keepsTimes)
    {
        using var folder = new TemporaryFolder();
        var settings = new LogSettings { SegmentAge = TimeSpan.FromHours(1) };
        await using (var log = await OpenAsync(folder["log"], settings with { Time = new ManualTimeProvider(DateTimeOffset.UtcNow.AddHours(-2)) })) await AppendAsync(log, Batches.One("value"));
        Directory.CreateDirectory(folder["copy"]);
        foreach (string path in Directory.GetFiles(folder["log"]))
        {
            string copy = folder["copy", Path.GetFileName(path)];

            // Without its index the time of the last write is all there is.
            if (keepsTimes && path.EndsWith(".index", StringComparison.Ordinal)) continue;
            await File.WriteAllBytesAsync(copy, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            if (keepsTimes) File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddHours(-2));
        }

        await using var restored = await OpenAsync(folder["copy"], settings);
        await restored.ApplyRetentionAsync();
        restored.SegmentOffsets.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_nobody_waits_for_is_synchronised_when_its_interval_is_over()
    {
        using var folder = new TemporaryFolder();
        int synchronised = 0;
        await using var log = await OpenAsync(folder["log"], new LogSettings { Time = clock, FlushInterval = TimeSpan.FromMinutes(1), Sync = _ => synchronised++ });
        await AppendAsync(log, Batches.One("value"));
        await log.ApplyRetentionAsync();
        synchronised.ShouldBe(1);
        await AppendAsync(log, Batches.One("value"));
        clock.Advance(TimeSpan.FromSeconds(59));
        await log.ApplyRetentionAsync();
        synchronised.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(2));
        await log.ApplyRetentionAsync();
        await log.ApplyRetentionAsync();
        synchronised.ShouldBe(2);
        clock.Advance(TimeSpan.FromHours(1));
        await log.ApplyRetentionAsync();
        synchronised.ShouldBe(2);
    }

    [Fact]
    public async Task The_broker_keeps_up_with_retention_by_itself()
    {
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"], UpkeepInterval = TimeSpan.FromMilliseconds(20) };
        await using var store = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance);
        var (_, topic) = await store.CreateAsync("t", 1, new Dictionary<string, string> { ["retention.ms"] = "1" });
        byte[] batch = Batches.One("value");
        await topic!.Partitions[0].AppendAsync(batch, RecordBatchHeader.Read(batch));
        await Eventually.TrueAsync(() => topic.Partitions[0].StartOffset == 1, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Deleted_records_stay_deleted_also_in_the_middle_of_a_batch_and_after_a_kill()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { SegmentBytes = 1_024 });
        for (int i = 0; i < 40; i++) await AppendAsync(log, Batches.Of([("a", $"{i}"), ("b", $"{i}"), ("c", $"{i}")], timestampMs: i * 10_000));
        int segments = log.SegmentOffsets.Count;

        (await log.DeleteRecordsAsync(61)).ShouldBe(ErrorCode.None);
        log.StartOffset.ShouldBe(61);
        log.SegmentOffsets.Count.ShouldBeLessThan(segments);
        (await log.DeleteRecordsAsync(10)).ShouldBe(ErrorCode.None);
        log.StartOffset.ShouldBe(61);
        (await log.DeleteRecordsAsync(121)).ShouldBe(ErrorCode.OffsetOutOfRange);
        (await log.DeleteRecordsAsync(-2)).ShouldBe(ErrorCode.OffsetOutOfRange);
        (log.FindByTime(0)).ShouldBe(new TimedOffset(61, 201_000));

        Directory.CreateDirectory(folder["killed"]);
        foreach (string path in Directory.GetFiles(folder["log"])) File.Copy(path, folder["killed", Path.GetFileName(path)]);
        await using (var killed = await OpenAsync(folder["killed"], new LogSettings { SegmentBytes = 1_024 }))
        {
            killed.StartOffset.ShouldBe(61);
            (killed.BatchBytesAt(61)).ShouldBeGreaterThan(0);
            (await killed.DeleteRecordsAsync(-1)).ShouldBe(ErrorCode.None);
            killed.StartOffset.ShouldBe(120);
            await killed.ApplyRetentionAsync();
            killed.SizeBytes.ShouldBe(0);
        }

        await using var again = await OpenAsync(folder["killed"], new LogSettings());
        (again.StartOffset, again.HighWatermark).ShouldBe((120, 120));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_time_finds_the_very_record_also_inside_a_compressed_batch(int codec)
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings());
        for (int i = 0; i < 10; i++) await AppendAsync(log, Batches.Of([("a", "1"), ("b", "2"), ("c", "3")], timestampMs: 100_000 + (i * 10_000), codec: codec));

        (log.FindByTime(141_500)).ShouldBe(new TimedOffset(14, 142_000));
        (log.FindByTime(142_001)).ShouldBe(new TimedOffset(15, 150_000));
        (log.FindByTime(192_001)).ShouldBeNull();
    }

    [Fact]
    public async Task A_topic_may_give_its_records_the_time_of_the_append()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Time = clock, LogAppendTime = true });
        (await AppendAsync(log, Batches.Of([("a", "1"), ("b", "2")], timestampMs: 5))).ShouldBe(new AppendResult(ErrorCode.None, 0, Now));

        byte[] batch = new byte[log.BatchBytesAt(0)];
        log.Read(0, batch);
        var header = RecordBatchHeader.Read(batch);
        (header.Attributes & 0x08).ShouldBe(0x08);
        header.MaxTimestamp.ShouldBe(Now);
        Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)).ShouldBe(header.Crc);
        (log.FindByTime(Now)).ShouldBe(new TimedOffset(0, Now));
    }

    [Fact]
    public async Task Times_too_far_from_the_clock_and_batches_too_large_are_refused()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings
        {
            Time = clock, MaxTimestampAhead = TimeSpan.FromMinutes(1), MaxTimestampBehind = TimeSpan.FromMinutes(2), MaxMessageBytes = 200,
        });
        (await AppendAsync(log, Batches.One("ahead", timestampMs: Now + 60_001))).Error.ShouldBe(ErrorCode.InvalidTimestamp);
        (await AppendAsync(log, Batches.One("ahead", timestampMs: Now + 60_000))).Error.ShouldBe(ErrorCode.None);
        (await AppendAsync(log, Batches.One("behind", timestampMs: Now - 120_001))).Error.ShouldBe(ErrorCode.InvalidTimestamp);
        (await AppendAsync(log, Batches.One("behind", timestampMs: Now - 120_000))).Error.ShouldBe(ErrorCode.None);
        (await AppendAsync(log, Batches.One(new string('x', 200), timestampMs: Now))).Error.ShouldBe(ErrorCode.MessageTooLarge);
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static ValueTask<PartitionLog> OpenAsync(string folder, LogSettings settings) => PartitionLog.OpenAsync(folder, settings, NullLogger.Instance);

    private static async Task<AppendResult> AppendAsync(PartitionLog log, byte[] batch) => await log.AppendAsync(batch, RecordBatchHeader.Read(batch));
}
