using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class CompactionTests
{
    private static readonly TimeSpan TombstoneAge = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_swap_whose_note_could_not_be_taken_away_is_finished_by_the_next_attempt()
    {
        using var folder = new TemporaryFolder();
        bool blocking = true;
        string note = folder["log", Path.ChangeExtension(LogSegment.NameOf(0), ".swap")];
        var settings = new LogSettings
        {
            Compact = true, Delete = false, SegmentBytes = 1_024, MinDirtyRatio = 0,
            Step = () =>
            {
                if (!blocking || !File.Exists(note)) return;
                File.Move(note, folder["note"], overwrite: true);
                Directory.CreateDirectory(note);
            },
        };
        await using var log = await PartitionLog.OpenAsync(folder["log"], settings, NullLogger.Instance);
        await FillAsync();
        await log.CompactAsync(TestContext.Current.CancellationToken);
        Directory.Exists(note).ShouldBeTrue();
        await log.CompactAsync(TestContext.Current.CancellationToken);
        Directory.Exists(note).ShouldBeTrue();
        log.HighWatermark.ShouldBe(60);

        blocking = false;
        Directory.Delete(note);
        File.Move(folder["note"], note);
        await FillAsync();
        long before = log.SizeBytes;
        await log.CompactAsync(TestContext.Current.CancellationToken);

        File.Exists(note).ShouldBeFalse();
        log.SizeBytes.ShouldBeLessThan(before);
        (await LogReader.CommittedAsync(log)).Last(record => record.Key == "k0").Value.ShouldBe("55");

        async Task FillAsync()
        {
            for (int i = 0; i < 60; i++)
            {
                byte[] batch = Batches.Of([($"k{i % 5}", $"{i}")]);
                (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Whatever_is_compacted_and_whenever_the_process_dies_each_key_keeps_its_last_committed_value(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        var kills = new List<string>();
        bool killing = false;
        var settings = new LogSettings
        {
            Compact = true, Delete = false, SegmentBytes = 900, MinDirtyRatio = 0, DeleteRetention = TombstoneAge, Time = clock, IndexIntervalBytes = 200,
            CompactionMemoryBytes = seed % 2 == 0 ? 24 * 16 : 1 << 16, ProducerExpiry = TimeSpan.MaxValue,
            Write = async (file, bytes, position) =>
            {
                await RandomAccess.WriteAsync(file, bytes, position);
                Kill(15);
            },
            Step = () => Kill(2),
        };
        void Kill(int oneIn)
        {
            if (!killing || random.Next(oneIn) != 0) return;
            string copy = folder[$"kill-{kills.Count}"];
            Directory.CreateDirectory(copy);
            foreach (string path in Directory.GetFiles(folder["log"])) File.Copy(path, Path.Combine(copy, Path.GetFileName(path)));
            kills.Add(copy);
        }

        var model = new Model();
        await using var log = await PartitionLog.OpenAsync(folder["log"], settings, NullLogger.Instance);
        for (int round = 0; round < 4; round++)
        {
            for (int step = 0; step < 40; step++) await model.StepAsync(log, random, clock);
            killing = true;
            await log.CompactAsync(TestContext.Current.CancellationToken);
            killing = false;
            (await LatestAsync(log)).ShouldBe(model.Latest(log.LastStableOffset), $"round {round}");
            foreach (string kill in kills)
            {
                await using var reopened = await PartitionLog.OpenAsync(kill, settings with { Write = new LogSettings().Write, Step = new LogSettings().Step }, NullLogger.Instance);
                reopened.HighWatermark.ShouldBe(log.HighWatermark, kill);
                reopened.LastStableOffset.ShouldBe(log.LastStableOffset, kill);
                reopened.StartOffset.ShouldBe(0);
                (await LatestAsync(reopened)).ShouldBe(model.Latest(log.LastStableOffset), kill);
                Directory.GetFiles(kill).ShouldNotContain(path => path.EndsWith(".cleaned", StringComparison.Ordinal) || path.EndsWith(".swap", StringComparison.Ordinal));
                await model.CheckSequencesAsync(reopened);
                if (random.Next(3) > 0) continue;
                await reopened.CompactAsync(TestContext.Current.CancellationToken);
                (await LatestAsync(reopened)).ShouldBe(model.Latest(reopened.LastStableOffset), kill);
            }

            foreach (string kill in kills) Directory.Delete(kill, recursive: true);
            kills.Clear();
            clock.Advance(TimeSpan.FromMinutes(random.Next(20)));
        }
    }

    [Fact]
    public async Task Only_the_last_record_of_each_key_stays_at_its_offset_and_with_its_time()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        for (int i = 0; i < 100; i++) await AppendAsync(log, Batches.Of([("a", $"a{i}"), ("b", $"b{i}"), ($"only-{i}", "x")], timestampMs: 10_000 + i, codec: i % 5));
        long size = log.SizeBytes;

        await log.CompactAsync(TestContext.Current.CancellationToken);

        log.SizeBytes.ShouldBeLessThan(size);
        log.StartOffset.ShouldBe(0);
        var records = await LogReader.CommittedAsync(log);
        records.Count(record => record.Key!.StartsWith("only", StringComparison.Ordinal)).ShouldBe(100);
        records.Single(record => record.Key == "only-0").ShouldBe(new LogReader.Read(2, "only-0", "x", 12_000));
        records.Where(record => record.Key == "a").Select(record => record.Value).Last().ShouldBe("a99");

        // What the active segment holds was not compacted.
        records.Count(record => record.Key == "a").ShouldBeLessThan(20);

        // Offsets in the gaps read on from the next record, and times are found.
        (log.BatchBytesAt(3)).ShouldBeGreaterThan(0);
        (log.FindByTime(12_001))!.Value.ShouldBe(new TimedOffset(5, 12_001));
    }

    [Fact]
    public async Task A_tombstone_stays_for_its_time_and_then_goes_also_when_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var log = await OpenAsync(folder["log"], clock);
        await AppendAsync(log, Batches.Of([("gone", "value"), ("kept", "value")]));
        await AppendAsync(log, Batches.Of([("other", "value"), ("gone", null)]));
        for (int i = 0; i < 20; i++) await AppendAsync(log, Batches.Of([("filler", new string('x', 100))]));

        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await LogReader.CommittedAsync(log)).Where(record => record.Key == "gone").ShouldBe([new LogReader.Read(3, "gone", null, 2_000)]);
        clock.Advance(TombstoneAge - TimeSpan.FromSeconds(1));
        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await LogReader.CommittedAsync(log)).ShouldContain(record => record.Key == "gone");
        clock.Advance(TimeSpan.FromSeconds(2));
        await log.CompactAsync(TestContext.Current.CancellationToken);

        var records = await LogReader.CommittedAsync(log);
        records.ShouldNotContain(record => record.Key == "gone");
        records.ShouldContain(new LogReader.Read(2, "other", "value", 1_000));
        records.ShouldContain(record => record.Key == "kept");
    }

    [Fact]
    public async Task A_record_without_a_key_is_refused_where_only_keys_are_kept()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        foreach (int codec in (int[])[0, 1, 2, 3, 4])
        {
            (await AppendAsync(log, Batches.Of([("a", "1"), (null, "2")], codec: codec))).Error.ShouldBe(ErrorCode.InvalidRecord);
            (await AppendAsync(log, Batches.Of([("a", "1"), ("", "2")], codec: codec))).Error.ShouldBe(ErrorCode.None);
        }
    }

    [Fact]
    public async Task Young_records_and_open_transactions_are_left_alone()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var log = await OpenAsync(folder["log"], clock);
        log.Configure(log.Settings with { MinCompactionLag = TimeSpan.FromHours(1) });
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 0; i < 30; i++) await AppendAsync(log, Batches.Of([("a", new string('x', 100))], timestampMs: now));
        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await LogReader.CommittedAsync(log)).Count.ShouldBe(30);

        await AppendAsync(log, Batches.Of([("t", "open")], timestampMs: now, producerId: 7, transactional: true));
        for (int i = 0; i < 30; i++) await AppendAsync(log, Batches.Of([("a", new string('y', 100))], timestampMs: now));
        clock.Advance(TimeSpan.FromHours(2));
        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await CountAsync(log)).ShouldBeGreaterThan(30);
        (await CountAsync(log)).ShouldBeLessThan(40);

        await log.AppendMarkerAsync(7, 0, commit: true);
        await log.CompactAsync(TestContext.Current.CancellationToken);
        var records = await LogReader.CommittedAsync(log);
        records.ShouldContain(new LogReader.Read(30, "t", "open", now));
        records.Count.ShouldBeLessThan(12);

        static async Task<int> CountAsync(PartitionLog log)
        {
            int count = 0;
            for (long offset = 0; offset < log.HighWatermark; count++)
            {
                byte[] batch = new byte[log.BatchBytesAt(offset)];
                log.Read(offset, batch);
                offset = RecordBatchHeader.Read(batch).NextOffset;
            }

            return count;
        }
    }

    [Fact]
    public async Task Readers_go_on_while_the_segments_under_them_are_replaced()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"]);
        using var done = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            int rounds = 0;
            while (!done.IsCancellationRequested || rounds == 0)
            {
                var records = await LogReader.CommittedAsync(log);
                if (records.Count > 0) records.Select(record => record.Offset).ShouldBeInOrder(SortDirection.Ascending);
                rounds++;
            }

            return rounds;
        });
        for (int i = 0; i < 400; i++)
        {
            await AppendAsync(log, Batches.Of([($"key-{i % 7}", $"value {i}")]));
            if (i % 20 == 0) await log.CompactAsync(TestContext.Current.CancellationToken);
        }

        await done.CancelAsync();
        (await reader).ShouldBeGreaterThan(0);
        (await LatestAsync(log)).ShouldBe(Enumerable.Range(393, 7).Select(i => ($"key-{i % 7}", $"value {i}")).OrderBy(pair => pair.Item1, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_leaves_the_log_as_it_was_and_compaction_passes_later()
    {
        using var folder = new TemporaryFolder();
        bool full = false;
        var settings = Settings() with
        {
            Write = (file, bytes, position) => full ? throw new IOException("No space left on device") : RandomAccess.WriteAsync(file, bytes, position),
        };
        await using var log = await PartitionLog.OpenAsync(folder["log"], settings, NullLogger.Instance);
        for (int i = 0; i < 60; i++) await AppendAsync(log, Batches.Of([("a", $"{i} {new string('x', 50)}"), ($"key-{i}", "stays")]));
        full = true;
        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await LogReader.CommittedAsync(log)).Count.ShouldBe(120);
        Directory.GetFiles(folder["log"], "*.cleaned").ShouldBeEmpty();
        full = false;
        await log.CompactAsync(TestContext.Current.CancellationToken);
        (await LogReader.CommittedAsync(log)).Count.ShouldBeInRange(61, 80);
    }

    private static LogSettings Settings() => new()
    {
        Compact = true, Delete = false, SegmentBytes = 1_024, MinDirtyRatio = 0, DeleteRetention = TombstoneAge, IndexIntervalBytes = 200,
    };

    private static ValueTask<PartitionLog> OpenAsync(string folder, TimeProvider? clock = null) =>
        PartitionLog.OpenAsync(folder, Settings() with { Time = clock ?? TimeProvider.System }, NullLogger.Instance);

    private static async Task<AppendResult> AppendAsync(PartitionLog log, byte[] batch) => await log.AppendAsync(batch, RecordBatchHeader.Read(batch));

    private static async Task<List<(string Key, string Value)>> LatestAsync(IPartitionLog log) =>
        Latest((await LogReader.CommittedAsync(log)).Select(record => (record.Key!, record.Value)));

    private static List<(string Key, string Value)> Latest(IEnumerable<(string Key, string? Value)> records)
    {
        var latest = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in records)
        {
            if (value is null) latest.Remove(key);
            else latest[key] = value;
        }

        return [.. latest.Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>What was written, without any compaction.</summary>
    private sealed class Model
    {
        private readonly List<(long Offset, string Key, string? Value, long Transaction)> written = [];
        private readonly Dictionary<long, long> open = [];
        private readonly HashSet<long> aborted = [];
        private readonly Dictionary<long, (int Sequence, int Count, long Offset)> last = [];
        private int transactions;
        private int values;

        public List<(string Key, string Value)> Latest(long stable) => CompactionTests.Latest(
            written.Where(record => record.Offset < stable && !aborted.Contains(record.Transaction)).Select(record => (record.Key, record.Value)));

        public async Task StepAsync(PartitionLog log, Random random, ManualTimeProvider clock)
        {
            long producer = random.Next(5) switch { 0 => 1, 1 => 2, 2 => 3, _ => -1 };
            if (producer > 0 && open.ContainsKey(producer) && random.Next(2) == 0)
            {
                bool commit = random.Next(2) == 0;
                (await log.AppendMarkerAsync(producer, 0, commit)).BaseOffset.ShouldBeGreaterThan(0);
                if (!commit) aborted.Add(open[producer]);
                open.Remove(producer);
                return;
            }

            var records = Enumerable.Range(0, random.Next(1, 5)).Select(_ => ((string?)$"key-{random.Next(12)}", random.Next(4) == 0 ? null : $"value {values++}")).ToList();
            int sequence = producer > 0 && last.TryGetValue(producer, out var before) ? before.Sequence + before.Count : 0;
            byte[] batch = Batches.Of(records, clock.GetUtcNow().ToUnixTimeMilliseconds(), producer, 0, sequence, producer > 0, random.Next(5));
            var result = await log.AppendAsync(batch, RecordBatchHeader.Read(batch));
            result.Error.ShouldBe(ErrorCode.None);
            long transaction = 0;
            if (producer > 0)
            {
                if (!open.TryGetValue(producer, out transaction)) open[producer] = transaction = ++transactions;
                last[producer] = (sequence, records.Count, result.BaseOffset);
            }

            for (int i = 0; i < records.Count; i++) written.Add((result.BaseOffset + i, records[i].Item1!, records[i].Item2, transaction));
        }

        /// <summary>A batch sent again is recognised, and the next one is accepted.</summary>
        public async Task CheckSequencesAsync(PartitionLog log)
        {
            foreach (var (producer, (sequence, count, offset)) in last)
            {
                byte[] again = Batches.Of([.. Enumerable.Repeat(((string?)"again", (string?)"again"), count)], 1_000, producer, 0, sequence, transactional: true);
                (await log.AppendAsync(again, RecordBatchHeader.Read(again))).ShouldBe(new AppendResult(ErrorCode.None, offset), $"producer {producer}");
            }
        }
    }
}
