using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class TransactionLogTests
{
    [Fact]
    public async Task What_is_not_decided_ends_the_stable_part_of_the_log_and_a_marker_moves_it()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        await AppendAsync(log, Batches.One("before"));
        (await AppendAsync(log, Txn(7, 0, "seven"))).BaseOffset.ShouldBe(1);
        (await AppendAsync(log, Txn(8, 0, "eight"))).BaseOffset.ShouldBe(2);
        await AppendAsync(log, Batches.One("after"));
        log.LastStableOffset.ShouldBe(1);
        log.HighWatermark.ShouldBe(4);
        (log.Available(0, 1 << 20, log.LastStableOffset)).ShouldBe(log.BatchBytesAt(0));

        var waiter = new AppendWaiter();
        log.AddWaiter(waiter);
        (await log.AppendMarkerAsync(7, 0, commit: false)).ShouldBe(new AppendResult(ErrorCode.None, 4));
        waiter.Signalled.IsCompleted.ShouldBeTrue();
        log.LastStableOffset.ShouldBe(2);
        (await log.AppendMarkerAsync(8, 0, commit: true)).BaseOffset.ShouldBe(5);
        log.LastStableOffset.ShouldBe(6);

        log.AbortedBetween(0, 6).ShouldBe([new AbortedTransaction(7, 1)]);
        log.AbortedBetween(0, 1).ShouldBeEmpty();
        log.AbortedBetween(4, 6).ShouldBe([new AbortedTransaction(7, 1)]);
        log.AbortedBetween(5, 6).ShouldBeEmpty();
        (await LogReader.CommittedAsync(log)).Select(record => record.Value).ShouldBe(["before", "eight", "after"]);

        // Nothing open: nothing is written.
        (await log.AppendMarkerAsync(7, 0, commit: true)).ShouldBe(new AppendResult(ErrorCode.None, -1));
        log.HighWatermark.ShouldBe(6);
    }

    [Fact]
    public async Task A_marker_is_a_control_batch_as_the_specification_has_it()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        await AppendAsync(log, Txn(7, 0, "value", epoch: 3));
        await log.AppendMarkerAsync(7, 3, commit: true);

        byte[] batch = new byte[log.BatchBytesAt(1)];
        log.Read(1, batch);
        var header = RecordBatchHeader.Read(batch);
        header.Attributes.ShouldBe((short)0x30);
        header.ProducerId.ShouldBe(7);
        header.ProducerEpoch.ShouldBe((short)3);
        header.BaseSequence.ShouldBe(-1);
        header.RecordCount.ShouldBe(1);
        Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)).ShouldBe(header.Crc);

        // Length 16, attributes, time, offset, key of 4 (version 0, type 1), value of 6 (version 0, coordinator epoch 0), no headers.
        batch[RecordBatchHeader.Size..].ShouldBe((byte[])[32, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0]);
    }

    [Fact]
    public async Task A_marker_fences_older_epochs_of_its_producer()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        await AppendAsync(log, Txn(7, 0, "zombie"));
        await log.AppendMarkerAsync(7, 1, commit: false);

        (await AppendAsync(log, Txn(7, 1, "zombie"))).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        (await log.AppendMarkerAsync(7, 0, commit: true)).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        (await AppendAsync(log, Txn(7, 4, "not from the start", epoch: 1))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        (await AppendAsync(log, Txn(7, 0, "new", epoch: 1))).Error.ShouldBe(ErrorCode.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_and_aborted_transactions_survive_a_kill_with_and_without_the_snapshot(bool snapshot)
    {
        using var folder = new TemporaryFolder();
        var settings = new LogSettings { SegmentBytes = 1_500 };
        await using var log = await OpenAsync(folder["log"], settings);
        for (int i = 0; i < 60; i++)
        {
            await AppendAsync(log, Txn(i % 3, i / 3, $"value {i}"));
            if (i % 3 == 2 && i < 57)
            {
                for (int p = 0; p < 3; p++) await log.AppendMarkerAsync(p, 0, commit: (i + p) % 2 == 0);
            }
        }

        Directory.CreateDirectory(folder["killed"]);
        foreach (string path in Directory.GetFiles(folder["log"]))
        {
            if (snapshot || Path.GetFileName(path) != "producers.snapshot") File.Copy(path, folder["killed", Path.GetFileName(path)]);
        }

        await using var killed = await OpenAsync(folder["killed"], settings);
        killed.LastStableOffset.ShouldBe(log.LastStableOffset);
        killed.HighWatermark.ShouldBeGreaterThan(killed.LastStableOffset);
        for (int from = 0; from < log.HighWatermark; from += 7)
        {
            killed.AbortedBetween(from, from + 20).ShouldBe(log.AbortedBetween(from, from + 20));
        }

        (await LogReader.CommittedAsync(killed)).ShouldBe(await LogReader.CommittedAsync(log));
        (await killed.AppendMarkerAsync(0, 0, commit: true)).BaseOffset.ShouldBe(log.HighWatermark);
    }

    [Fact]
    public async Task A_log_of_transactions_cut_at_any_byte_shows_only_what_was_decided_before()
    {
        using var folder = new TemporaryFolder();
        var stable = new List<(long Size, long Stable, int Visible)>();
        await using (var log = await OpenAsync(folder["log"]))
        {
            for (int i = 0; i < 8; i++)
            {
                await NoteAsync(log, AppendAsync(log, Txn(5, i, $"value {i}")));
                await NoteAsync(log, AppendAsync(log, Batches.One($"plain {i}")));
                await NoteAsync(log, log.AppendMarkerAsync(5, 0, commit: i % 2 == 0).AsTask());
            }
        }

        byte[] whole = await File.ReadAllBytesAsync(folder["log", LogSegment.NameOf(0)], TestContext.Current.CancellationToken);
        for (int cut = 0; cut <= whole.Length; cut += 13)
        {
            string copy = folder[$"cut-{cut}"];
            Directory.CreateDirectory(copy);
            await File.WriteAllBytesAsync(Path.Combine(copy, LogSegment.NameOf(0)), whole[..cut], TestContext.Current.CancellationToken);
            await using var recovered = await OpenAsync(copy);
            var (_, lastStable, visible) = stable.LastOrDefault(point => point.Size <= cut);
            recovered.LastStableOffset.ShouldBe(lastStable, $"cut at byte {cut}");
            (await LogReader.CommittedAsync(recovered)).Count.ShouldBe(visible, $"cut at byte {cut}");
        }

        async Task NoteAsync(PartitionLog log, Task<AppendResult> append)
        {
            (await append).Error.ShouldBe(ErrorCode.None);
            stable.Add((log.SizeBytes, log.LastStableOffset, (await LogReader.CommittedAsync(log)).Count));
        }
    }

    [Fact]
    public async Task Aborted_transactions_are_forgotten_with_their_segments()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { SegmentBytes = 1_200, RetentionBytes = 3_000 });
        for (int i = 0; i < 100; i++)
        {
            await AppendAsync(log, Txn(5, i, $"value {i}"));
            await log.AppendMarkerAsync(5, 0, commit: false);
        }

        var left = log.AbortedBetween(0, long.MaxValue);
        left.Count.ShouldBeInRange(1, 40);
        left[0].FirstOffset.ShouldBeGreaterThanOrEqualTo(log.StartOffset - 1);
    }

    [Fact]
    public async Task Silent_producers_are_forgotten_unless_their_transaction_is_open()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var log = await OpenAsync(folder["log"], new LogSettings { Time = clock, ProducerExpiry = TimeSpan.FromHours(1) });
        await AppendAsync(log, Batches.One("a", producerId: 1));
        await AppendAsync(log, Txn(2, 0, "b"));
        clock.Advance(TimeSpan.FromMinutes(50));
        await log.ApplyRetentionAsync();
        (await AppendAsync(log, Batches.One("gap", producerId: 1, sequence: 5))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        clock.Advance(TimeSpan.FromMinutes(20));
        await log.ApplyRetentionAsync();

        // Unknown now: any sequence number begins anew.
        (await AppendAsync(log, Batches.One("late", producerId: 1, sequence: 5))).Error.ShouldBe(ErrorCode.None);
        (await AppendAsync(log, Txn(2, 5, "gap"))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        log.LastStableOffset.ShouldBe(1);
    }

    [Fact]
    public async Task Sequence_numbers_go_on_at_nought_after_the_largest()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        (await AppendAsync(log, Batches.Of([("k", "1"), ("k", "2"), ("k", "3")], producerId: 1, sequence: int.MaxValue - 1))).BaseOffset.ShouldBe(0);
        (await AppendAsync(log, Batches.Of([("k", "4")], producerId: 1, sequence: 0))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        (await AppendAsync(log, Batches.Of([("k", "4")], producerId: 1, sequence: 1))).BaseOffset.ShouldBe(3);
        (await AppendAsync(log, Batches.Of([("k", "1"), ("k", "2"), ("k", "3")], producerId: 1, sequence: int.MaxValue - 1))).BaseOffset.ShouldBe(0);
    }

    [Fact]
    public async Task What_may_still_be_lost_with_the_power_is_not_stable()
    {
        using var folder = new TemporaryFolder();
        var synced = new ManualResetEventSlim(true);
        await using var log = await OpenAsync(folder["log"], new LogSettings
        {
            Flush = FlushPolicy.Fsync,
            Sync = file =>
            {
                synced.Wait();
                RandomAccess.FlushToDisk(file);
            },
        });
        await AppendAsync(log, Txn(5, 0, "value"));
        log.LastStableOffset.ShouldBe(0);
        log.HighWatermark.ShouldBe(1);
        synced.Reset();
        var marker = log.AppendMarkerAsync(5, 0, commit: true).AsTask();
        log.LastStableOffset.ShouldBe(0);
        synced.Set();
        await marker;
        log.LastStableOffset.ShouldBe(2);
    }

    private static byte[] Txn(long producerId, int sequence, string value, short epoch = 0) =>
        Batches.Of([("k", value)], producerId: producerId, epoch: epoch, sequence: sequence, transactional: true);

    private static ValueTask<PartitionLog> OpenAsync(string folder, LogSettings? settings = null) => PartitionLog.OpenAsync(folder, settings ?? new LogSettings(), NullLogger.Instance);

    private static async Task<AppendResult> AppendAsync(PartitionLog log, byte[] batch) => await log.AppendAsync(batch, RecordBatchHeader.Read(batch));
}
