using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class DurabilityTests
{
    [Fact]
    public async Task A_failed_synchronisation_is_never_called_success_and_the_log_opens_again_by_itself()
    {
        using var folder = new TemporaryFolder();
        bool broken = false;
        var settings = new LogSettings
        {
            Flush = FlushPolicy.Fsync,
            Sync = file =>
            {
                if (broken) throw new IOException("Input/output error");
                RandomAccess.FlushToDisk(file);
            },
        };
        await using (var log = await OpenAsync(folder["log"], settings))
        {
            for (int i = 0; i < 3; i++) (await AppendAsync(log, Batches.One($"value {i}", producerId: 5, sequence: i))).Error.ShouldBe(ErrorCode.None);
            broken = true;
            var refused = await Task.WhenAll(Enumerable.Range(3, 4).Select(i => AppendAsync(log, Batches.One($"value {i}", producerId: 5, sequence: i))));
            refused.ShouldAllBe(result => result.Error == ErrorCode.KafkaStorageError);
            log.HighWatermark.ShouldBe(3);

            // Still broken: it stays refused, and readable.
            (await AppendAsync(log, Batches.One("value 3", producerId: 5, sequence: 3))).Error.ShouldBe(ErrorCode.KafkaStorageError);
            (await LogReader.CommittedAsync(log)).Count.ShouldBe(3);

            // Healed: the producer's retries get the offsets they would have had, none twice.
            int epoch = log.LeaderEpoch;
            broken = false;
            for (int i = 3; i < 7; i++) (await AppendAsync(log, Batches.One($"value {i}", producerId: 5, sequence: i))).ShouldBe(new AppendResult(ErrorCode.None, i));
            log.LeaderEpoch.ShouldBeGreaterThan(epoch);
            (await LogReader.CommittedAsync(log)).Select(record => record.Value).ShouldBe(Enumerable.Range(0, 7).Select(i => $"value {i}"));
        }

        await using var again = await OpenAsync(folder["log"], new LogSettings());
        (await LogReader.CommittedAsync(again)).Select(record => record.Value).ShouldBe(Enumerable.Range(0, 7).Select(i => $"value {i}"));
    }

    [Fact]
    public async Task A_segment_whose_synchronisation_failed_is_read_through_at_the_next_start()
    {
        using var folder = new TemporaryFolder();
        bool broken = true;
        var settings = new LogSettings
        {
            SegmentBytes = 1_024,
            Sync = file =>
            {
                if (broken) throw new IOException("Input/output error");
            },
        };
        await using var log = await OpenAsync(folder["log"], settings);
        int accepted = 0, refused = 0;
        for (int i = 0; i < 30; i++)
        {
            if ((await AppendAsync(log, Batches.One($"value {i}"))).Error == ErrorCode.None) accepted++;
            else refused++;
            if (refused > 0) broken = false;
        }

        refused.ShouldBe(1);
        (await LogReader.CommittedAsync(log)).Count.ShouldBe(accepted);
        File.Exists(folder["log", Path.ChangeExtension(LogSegment.NameOf(0), ".index")]).ShouldBeFalse();
        File.Exists(folder["log", Path.ChangeExtension(LogSegment.NameOf(log.SegmentOffsets[1].Offset), ".index")]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("producers.snapshot.tmp")]
    [InlineData("00000000000000000000.index.tmp")]
    [InlineData("leader-epochs.tmp")]
    public async Task What_cannot_be_written_beside_the_log_refuses_appends_only_as_long_as_that_lasts(string blocked)
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { SegmentBytes = 1_024 });
        Directory.CreateDirectory(folder["log", blocked]);
        var accepted = new List<string>();
        int refused = 0;
        for (int i = 0; i < 40; i++)
        {
            var result = await AppendAsync(log, Batches.One($"value {i}"));
            if (result.Error == ErrorCode.None) accepted.Add($"value {i}");
            else result.Error.ShouldBe(ErrorCode.KafkaStorageError);
            if (result.Error != ErrorCode.None && ++refused == 3) Directory.Delete(folder["log", blocked]);
        }

        refused.ShouldBe(3);
        (await LogReader.CommittedAsync(log)).Select(record => record.Value).ShouldBe(accepted);
        log.SegmentOffsets.Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task A_disk_that_fills_up_at_any_moment_loses_nothing_acknowledged()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["disk"]);
        Assert.SkipUnless(await Tmpfs.TryMountAsync(folder["disk"], "256k"), "needs the right to mount a tmpfs: run as root");
        try
        {
            var accepted = new List<string?>();
            await using (var log = await OpenAsync(folder["disk", "log"], new LogSettings { SegmentBytes = 8_000 }))
            {
                for (int round = 0; round < 12; round++)
                {
                    // Something else takes more or less of the disk, so that it is full in the middle of a batch, an index or a snapshot.
                    await File.WriteAllBytesAsync(folder["disk", "filler"], new byte[round * 9_000], TestContext.Current.CancellationToken);
                    bool full = false;
                    for (int i = 0; !full; i++)
                    {
                        string value = $"{round}.{i} {new string('x', 700 + (37 * i % 500))}";
                        var result = await AppendAsync(log, Batches.One(value, producerId: 1, sequence: accepted.Count));
                        full = result.Error == ErrorCode.KafkaStorageError;
                        if (!full) accepted.Add(value);
                    }

                    (await LogReader.CommittedAsync(log)).Select(record => record.Value).ShouldBe(accepted[^(int)(log.HighWatermark - log.StartOffset)..]);
                    File.Delete(folder["disk", "filler"]);
                    (await log.DeleteRecordsAsync(log.HighWatermark - 20)).ShouldBe(ErrorCode.None);
                }

                // What a kill at this moment would leave.
                CopyTo(folder["killed"]);
                await using var killed = await OpenAsync(folder["killed"], new LogSettings());
                (await LogReader.CommittedAsync(killed)).Select(record => record.Value).ShouldBe(accepted[^20..]);
            }

            accepted.Count.ShouldBeGreaterThan(300);
            await using var again = await OpenAsync(folder["disk", "log"], new LogSettings());
            (await LogReader.CommittedAsync(again)).Select(record => record.Value).ShouldBe(accepted[^20..]);
        }
        finally
        {
            await Tmpfs.UnmountAsync(folder["disk"]);
        }

        void CopyTo(string target)
        {
            Directory.CreateDirectory(target);
            foreach (string path in Directory.GetFiles(folder["disk", "log"])) File.Copy(path, Path.Combine(target, Path.GetFileName(path)));
        }
    }

    [Fact]
    public async Task A_log_of_several_segments_cut_or_stripped_of_files_anywhere_opens_with_a_beginning_of_itself()
    {
        var random = new Random(11);
        using var folder = new TemporaryFolder();
        var settings = new LogSettings { SegmentBytes = 1_100, IndexIntervalBytes = 150 };
        await using var log = await OpenAsync(folder["log"], settings);
        for (int i = 0; i < 60; i++) await AppendAsync(log, Batches.Of([("k", $"{i}"), ("l", $"{i}")], producerId: i % 2, sequence: i / 2 * 2));
        var whole = await LogReader.CommittedAsync(log);

        for (int kill = 0; kill < 60; kill++)
        {
            string copy = folder[$"kill-{kill}"];
            Directory.CreateDirectory(copy);
            foreach (string path in Directory.GetFiles(folder["log"]))
            {
                // Anything but a sealed segment may be missing or short.
                byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
                bool active = path.EndsWith(LogSegment.NameOf(log.SegmentOffsets[^1].Offset), StringComparison.Ordinal);
                bool log1 = path.EndsWith(".log", StringComparison.Ordinal);
                if (!log1 && random.Next(4) == 0) continue;
                if (active || (!log1 && random.Next(4) == 0)) bytes = bytes[..random.Next(bytes.Length + 1)];
                await File.WriteAllBytesAsync(Path.Combine(copy, Path.GetFileName(path)), bytes, TestContext.Current.CancellationToken);
            }

            await using var opened = await OpenAsync(copy, settings);
            var read = await LogReader.CommittedAsync(opened);
            read.ShouldBe(whole[..read.Count], copy);
            opened.HighWatermark.ShouldBe(read.Count);
            opened.HighWatermark.ShouldBeGreaterThanOrEqualTo(log.SegmentOffsets[^1].Offset);
            (opened.FindByTime(2_000))!.Value.Offset.ShouldBe(1);
            int next = (int)opened.HighWatermark / 2;
            (await AppendAsync(opened, Batches.Of([("k", "next")], producerId: next % 2, sequence: next / 2 * 2))).ShouldBe(new AppendResult(ErrorCode.None, opened.HighWatermark - 1), copy);
        }
    }

    [Fact]
    public async Task Each_start_is_an_epoch_and_each_epoch_has_its_end()
    {
        using var folder = new TemporaryFolder();
        for (int start = 0; start < 4; start++)
        {
            await using var log = await OpenAsync(folder["log"], new LogSettings { LeaderEpoch = start * 2 });
            log.LeaderEpoch.ShouldBe(start * 2);
            for (int i = 0; i < 3; i++) await AppendAsync(log, Batches.One("value"));
            byte[] batch = new byte[log.BatchBytesAt(start * 3)];
            log.Read(start * 3, batch);
            RecordBatchHeader.Read(batch).LeaderEpoch.ShouldBe(start * 2);
        }

        // The file is only a help: batches say it too.
        foreach (bool withFile in (bool[])[true, false])
        {
            if (!withFile)
            {
                File.Delete(folder["log", "leader-epochs"]);
                File.Delete(folder["log", "producers.snapshot"]);
            }

            await using var log = await OpenAsync(folder["log"], new LogSettings());
            log.LeaderEpoch.ShouldBe(7);
            log.EndOffsetOf(0).ShouldBe((0, 3));
            log.EndOffsetOf(3).ShouldBe((2, 6));
            log.EndOffsetOf(4).ShouldBe((4, 9));
            log.EndOffsetOf(7).ShouldBe((7, 12));
            log.EndOffsetOf(8).ShouldBe((-1, -1));
        }
    }

    [Fact]
    public async Task The_broker_counts_its_starts_and_tells_them_as_epochs()
    {
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"] };
        for (int start = 0; start < 3; start++)
        {
            await using var store = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance);
            if (start == 0) await store.CreateAsync("t", 1, new Dictionary<string, string>());
            store.FindPartition("t", 0)!.LeaderEpoch.ShouldBe(start);
        }
    }

    private static ValueTask<PartitionLog> OpenAsync(string folder, LogSettings settings) => PartitionLog.OpenAsync(folder, settings, NullLogger.Instance);

    private static async Task<AppendResult> AppendAsync(PartitionLog log, byte[] batch) => await log.AppendAsync(batch, RecordBatchHeader.Read(batch));
}
