using System.Text;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class PartitionLogTests
{
    private static readonly LogSettings Small = new() { SegmentBytes = 1_500, IndexIntervalBytes = 200 };

    [Fact]
    public async Task A_log_cut_at_any_byte_opens_with_exactly_the_batches_that_are_whole()
    {
        using var folder = new TemporaryFolder();
        var ends = new List<long>();
        await using (var log = await OpenAsync(folder["log"], new LogSettings()))
        {
            for (int i = 0; i < 12; i++)
            {
                await AppendAsync(log, Batches.One($"value {i} {new string('x', i * 3)}"));
                ends.Add(log.SizeBytes);
            }
        }

        byte[] whole = await File.ReadAllBytesAsync(folder["log", LogSegment.NameOf(0)], TestContext.Current.CancellationToken);
        for (int cut = 0; cut <= whole.Length; cut += 7)
        {
            string copy = folder[$"cut-{cut}"];
            Directory.CreateDirectory(copy);
            await File.WriteAllBytesAsync(Path.Combine(copy, LogSegment.NameOf(0)), whole[..cut], TestContext.Current.CancellationToken);

            await using var recovered = await OpenAsync(copy, new LogSettings());
            int intact = ends.Count(end => end <= cut);
            recovered.HighWatermark.ShouldBe(intact, $"cut at byte {cut}");
            (await ValuesAsync(recovered)).Count.ShouldBe(intact);

            // It takes new batches right where it was cut.
            (await AppendAsync(recovered, Batches.One("new"))).BaseOffset.ShouldBe(intact);
            (await ValuesAsync(recovered))[^1].ShouldBe("new");
        }
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_costs_only_what_comes_from_it_on()
    {
        using var folder = new TemporaryFolder();
        await using (var log = await OpenAsync(folder["log"], new LogSettings()))
        {
            for (int i = 0; i < 6; i++) await AppendAsync(log, Batches.One($"value {i}"));
        }

        byte[] whole = await File.ReadAllBytesAsync(folder["log", LogSegment.NameOf(0)], TestContext.Current.CancellationToken);
        int batch = whole.Length / 6;
        for (int at = 0; at < whole.Length; at += 11)
        {
            // Base offset and leader epoch are not covered by the checksum.
            if (at % batch is < 8 or (>= 12 and < 16)) continue;
            string copy = folder[$"flip-{at}"];
            Directory.CreateDirectory(copy);
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            await File.WriteAllBytesAsync(Path.Combine(copy, LogSegment.NameOf(0)), damaged, TestContext.Current.CancellationToken);

            await using var recovered = await OpenAsync(copy, new LogSettings());
            recovered.HighWatermark.ShouldBe(at / batch, $"bit flipped in byte {at}");
        }
    }

    [Fact]
    public async Task Segments_roll_and_every_offset_is_found_with_and_without_the_index_files()
    {
        using var folder = new TemporaryFolder();
        await using (var log = await OpenAsync(folder["log"], Small))
        {
            for (int i = 0; i < 200; i++) await AppendAsync(log, Batches.One($"value {i}", timestampMs: 1_000 + (i * 10)));
            await CheckAsync(log);
        }

        Directory.GetFiles(folder["log"], "*.log").Length.ShouldBeGreaterThan(5);
        await using (var log = await OpenAsync(folder["log"], Small)) await CheckAsync(log);
        foreach (string index in Directory.GetFiles(folder["log"], "*.index")) File.Delete(index);
        await using (var log = await OpenAsync(folder["log"], Small)) await CheckAsync(log);
        foreach (string index in Directory.GetFiles(folder["log"], "*.index")) Damage(index);
        await using (var log = await OpenAsync(folder["log"], Small)) await CheckAsync(log);

        static async Task CheckAsync(PartitionLog log)
        {
            for (int offset = 0; offset < 200; offset += 13)
            {
                byte[] batch = new byte[log.BatchBytesAt(offset)];
                (log.Read(offset, batch)).ShouldBe(batch.Length);
                RecordBatchHeader.Read(batch).BaseOffset.ShouldBe(offset);
                (log.FindByTime(1_000 + (offset * 10) - 5))!.Value.Offset.ShouldBe(offset);
            }

            (log.FindByTime(1_000 + 2_000)).ShouldBeNull();
            log.Latest!.Value.Offset.ShouldBe(199);
            (await ValuesAsync(log)).ShouldBe(Enumerable.Range(0, 200).Select(i => $"value {i}"));
        }

        // The summary stays intact, the entries do not.
        static void Damage(string index)
        {
            byte[] bytes = File.ReadAllBytes(index);
            bytes[^6] ^= 0xff;
            File.WriteAllBytes(index, bytes);
        }
    }

    [Fact]
    public async Task A_clean_start_trusts_sealed_segments_and_reads_none_of_them()
    {
        using var folder = new TemporaryFolder();
        await using (var log = await OpenAsync(folder["log"], new LogSettings()))
        {
            for (int i = 0; i < 10; i++) await AppendAsync(log, Batches.One($"value {i}"));
        }

        // Damage that only reading the segment would show.
        string path = folder["log", LogSegment.NameOf(0)];
        byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        await using var again = await OpenAsync(folder["log"], new LogSettings());
        again.HighWatermark.ShouldBe(10);

        // From the first append on the file is no longer sealed.
        File.Exists(Path.ChangeExtension(path, ".index")).ShouldBeTrue();
        await AppendAsync(again, Batches.One("more"));
        File.Exists(Path.ChangeExtension(path, ".index")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_hole_in_the_middle_sets_the_later_segments_aside_instead_of_hiding_it()
    {
        using var folder = new TemporaryFolder();
        await using (var log = await OpenAsync(folder["log"], Small))
        {
            for (int i = 0; i < 100; i++) await AppendAsync(log, Batches.One($"value {i}"));
        }

        string first = Directory.GetFiles(folder["log"], "*.log").Order(StringComparer.Ordinal).First();
        File.Delete(Path.ChangeExtension(first, ".index"));
        byte[] bytes = await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(first, bytes, TestContext.Current.CancellationToken);

        await using var recovered = await OpenAsync(folder["log"], Small);
        (await ValuesAsync(recovered)).ShouldBe(Enumerable.Range(0, (int)recovered.HighWatermark).Select(i => $"value {i}"));
        recovered.HighWatermark.ShouldBeLessThan(100);
        Directory.GetFiles(folder["log"], "*.set-aside").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_full_disk_refuses_the_batch_keeps_the_log_whole_and_passes_when_there_is_room_again()
    {
        using var folder = new TemporaryFolder();
        bool full = false;
        var settings = new LogSettings
        {
            Write = async (file, bytes, position) =>
            {
                // Half of the batch still fits.
                await RandomAccess.WriteAsync(file, full ? bytes[..(bytes.Length / 2)] : bytes, position);
                if (full) throw new IOException("No space left on device");
            },
        };
        await using (var log = await OpenAsync(folder["log"], settings))
        {
            await AppendAsync(log, Batches.One("one"));
            full = true;
            var refused = await AppendAsync(log, Batches.One("two with a long value", producerId: 5));
            refused.Error.ShouldBe(ErrorCode.KafkaStorageError);
            (await ValuesAsync(log)).ShouldBe(["one"]);

            full = false;
            (await AppendAsync(log, Batches.One("3", producerId: 5))).ShouldBe(new AppendResult(ErrorCode.None, 1));
        }

        await using var again = await OpenAsync(folder["log"], new LogSettings());
        (await ValuesAsync(again)).ShouldBe(["one", "3"]);
    }

    [Theory]
    [InlineData(FlushPolicy.PageCache)]
    [InlineData(FlushPolicy.Fsync)]
    public async Task A_batch_sent_again_gets_the_offset_it_has_also_after_a_crash(FlushPolicy flush)
    {
        using var folder = new TemporaryFolder();
        var settings = new LogSettings { Flush = flush };
        await using var log = await OpenAsync(folder["log"], settings);
        for (int i = 0; i < 8; i++) (await AppendAsync(log, Batches.One($"value {i}", producerId: 9, sequence: i))).BaseOffset.ShouldBe(i);

        for (int i = 3; i < 8; i++) (await AppendAsync(log, Batches.One($"value {i}", producerId: 9, sequence: i))).ShouldBe(new AppendResult(ErrorCode.None, i));
        (await AppendAsync(log, Batches.One("gap", producerId: 9, sequence: 9))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        (await AppendAsync(log, Batches.One("older than remembered", producerId: 9, sequence: 1))).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        log.HighWatermark.ShouldBe(8);

        // What a crash leaves: the log alone, neither index nor snapshot.
        Directory.CreateDirectory(folder["crashed"]);
        File.Copy(folder["log", LogSegment.NameOf(0)], folder["crashed", LogSegment.NameOf(0)]);
        await using (var crashed = await OpenAsync(folder["crashed"], settings))
        {
            (await AppendAsync(crashed, Batches.One("value 7", producerId: 9, sequence: 7))).ShouldBe(new AppendResult(ErrorCode.None, 7));
            (await AppendAsync(crashed, Batches.One("value 8", producerId: 9, sequence: 8))).ShouldBe(new AppendResult(ErrorCode.None, 8));
        }

        // And a clean stop: the snapshot.
        File.Exists(folder["crashed", "producers.snapshot"]).ShouldBeTrue();
        await using var reopened = await OpenAsync(folder["crashed"], settings);
        (await AppendAsync(reopened, Batches.One("value 8", producerId: 9, sequence: 8))).ShouldBe(new AppendResult(ErrorCode.None, 8));
        (await AppendAsync(reopened, Batches.One("old epoch", producerId: 9, epoch: -1, sequence: 9))).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        (await AppendAsync(reopened, Batches.One("new epoch", producerId: 9, epoch: 1, sequence: 0))).BaseOffset.ShouldBe(9);
    }

    [Fact]
    public async Task Appends_from_many_sides_get_one_offset_each()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], new LogSettings { Flush = FlushPolicy.Fsync, SegmentBytes = 4_000 });

        var appended = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => AppendAsync(log, Batches.One($"value {i}")))));

        appended.Select(result => result.BaseOffset).Order().ShouldBe(Enumerable.Range(0, 200).Select(i => (long)i));
        log.HighWatermark.ShouldBe(200);
        (await ValuesAsync(log)).Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 200).Select(i => $"value {i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Retention_drops_whole_closed_segments_from_the_front()
    {
        using var folder = new TemporaryFolder();
        await using var log = await OpenAsync(folder["log"], Small with { RetentionBytes = 4_000 });
        for (int i = 0; i < 300; i++) await AppendAsync(log, Batches.One($"value {i}"));

        log.SizeBytes.ShouldBeLessThan(4_000 + 1_500 + 100);
        log.StartOffset.ShouldBeGreaterThan(0);
        (await ValuesAsync(log)).ShouldBe(Enumerable.Range((int)log.StartOffset, (int)(300 - log.StartOffset)).Select(i => $"value {i}"));
    }

    private static ValueTask<PartitionLog> OpenAsync(string folder, LogSettings settings) => PartitionLog.OpenAsync(folder, settings, NullLogger.Instance);

    private static async Task<AppendResult> AppendAsync(PartitionLog log, byte[] batch) => await log.AppendAsync(batch, RecordBatchHeader.Read(batch));

    internal static async Task<List<string>> ValuesAsync(IPartitionLog log)
    {
        var values = new List<string>();
        for (long offset = log.StartOffset; offset < log.HighWatermark;)
        {
            byte[] batch = new byte[log.BatchBytesAt(offset)];
            (log.Read(offset, batch)).ShouldBe(batch.Length);
            var header = RecordBatchHeader.Read(batch);
            Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)).ShouldBe(header.Crc);
            Read(batch, values);
            offset = header.NextOffset;
        }

        return values;

        static void Read(byte[] batch, List<string> values)
        {
            ReadOnlySpan<byte> records = batch.AsSpan(RecordBatchHeader.Size);
            while (RecordReader.TryRead(ref records, withContent: true, out var record)) values.Add(Encoding.UTF8.GetString(record.Value.Value!));
        }
    }
}
