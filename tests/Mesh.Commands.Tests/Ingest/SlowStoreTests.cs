using System.Buffers;
using System.Globalization;
using System.Text;
using Mesh.Commands.Ingest;
using Mesh.Commands.Observability;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A store that is slow holds up the reading of the log, not the heap.</summary>
public sealed class SlowStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_store_takes_nothing_no_more_is_held_than_may_be_and_afterwards_all_goes_on()
    {
        using var collector = new MetricsCollector();
        var options = IngestBench.NewOptions() with { Topology = "slow-store", Parallelism = 2, MaxReadAhead = 6, MemoryBytes = 64L << 20 };
        GatedObjectStore? store = null;
        using var bench = new IngestBench(inner => store = new GatedObjectStore(inner, _ => true, gatesWrites: true), options);
        await using var log = await LogBench.StartAsync(Token);
        var uploads = new List<UploadAccepted>();
        for (int i = 0; i < 12; i++) uploads.Add(await PublishAsync(log, bench, i));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var worker = new IngestWorker(options, log.Options, bench.Processor, log.Producer, bench.Recordings, TimeProvider.System, NullLogger.Instance);
        var running = worker.RunAsync(stop.Token);

        // Two are worked on and at least one stands before the store; the other does too, or the bytes under way are as many as may be.
        await Eventually.TrueAsync(() => store!.Waiting > 0 && Of(collector, "mesh_ingest_working") == 2 && Of(collector, "mesh_ingest_waiting") == 4, Token, () => StateOf(collector, log, store!));
        double held = await SettledAsync(collector, "mesh_ingest_queue_bytes");
        held.ShouldBeInRange(1, Of(collector, "mesh_ingest_queue_limit_bytes"));
        int standing = store!.Waiting;
        long before = GC.GetTotalMemory(forceFullCollection: true);

        // Twice as much waits in the log now, and still nothing more is read.
        for (int i = 12; i < 24; i++) uploads.Add(await PublishAsync(log, bench, i));
        await Task.Delay(500, Token);
        (Of(collector, "mesh_ingest_working"), Of(collector, "mesh_ingest_waiting"), store.Waiting).ShouldBe((2, 4, standing));
        Of(collector, "mesh_ingest_queue_bytes").ShouldBe(held);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(8 << 20);

        store.Open();
        var catalogue = CommitAsync(log, bench, stop.Token);
        foreach (var upload in uploads)
        {
            await Eventually.TrueAsync(
                async () => (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.State == RecordingState.Committed, Token, () => StateOf(collector, log, store!));
        }

        await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == uploads.Count, Token, () => StateOf(collector, log, store!));
        Of(collector, "mesh_ingest_queue_bytes").ShouldBe(0);
        await stop.CancelAsync();
        await Task.WhenAll(running, catalogue);
    }

    [Fact]
    public async Task Topologies_side_by_side_share_the_memory_of_the_process()
    {
        using var memory = new IngestMemory(512L << 20);
        var options = IngestBench.NewOptions() with { MemoryBytes = 512L << 20, Parallelism = 2 };
        var first = await memory.EnterAsync(options, Token);
        using var second = await memory.EnterAsync(options with { Topology = "other" }, Token);
        var third = memory.EnterAsync(options, Token).AsTask();
        memory.HeldBytes.ShouldBe(512L << 20);
        third.IsCompleted.ShouldBeFalse();

        first.Dispose();
        first.Dispose();
        (await third).Dispose();
        memory.HeldBytes.ShouldBe(256L << 20);

        // One that needs more than there is waits for the others and then passes alone.
        var huge = memory.EnterAsync(options with { MemoryBytes = 8L << 30 }, Token).AsTask();
        huge.IsCompleted.ShouldBeFalse();
        second.Dispose();
        (await huge).Dispose();
        memory.HeldBytes.ShouldBe(0);
    }

    private static async Task<UploadAccepted> PublishAsync(LogBench log, IngestBench bench, int number)
    {
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(60_000 + number), $"V{number}");
        await log.Producer.PublishAsync(Topics.Uploads, "k", upload, Token);
        return upload;
    }

    private static async Task CommitAsync(LogBench log, IngestBench bench, CancellationToken stop)
    {
        await using var consumer = new EventConsumer<FilesWritten>(log.Options, Topics.FilesWritten, "catalogue", NullLogger.Instance);
        try
        {
            await foreach (var written in consumer.ReadAsync(stop))
            {
                if (written.Value!.Table.Length > 0) await bench.CommitAsync(written.Value);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static async Task<double> SettledAsync(MetricsCollector collector, string name)
    {
        double value = -1;
        for (int same = 0; same < 10;)
        {
            double now = Of(collector, name);
            same = now == value ? same + 1 : 0;
            value = now;
            await Task.Delay(50, Token);
        }

        return value;
    }

    private static string StateOf(MetricsCollector collector, LogBench log, GatedObjectStore store) =>
        $"{Of(collector, "mesh_ingest_working")} worked on, {Of(collector, "mesh_ingest_waiting")} waiting, {Of(collector, "mesh_ingest_queue_bytes")} bytes, {store.Waiting} before the store, offset {log.CommittedOffset("mesh.test")}";

    private static double Of(MetricsCollector collector, string name)
    {
        var output = new ArrayBufferWriter<byte>();
        collector.WriteTo(output);
        string? line = Encoding.UTF8.GetString(output.WrittenSpan).Split('\n').FirstOrDefault(line => line.StartsWith($"{name}{{mesh_topology=\"slow-store\"}}", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
