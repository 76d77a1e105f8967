using System.Text;
using Mesh.Commands.Ingest;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>The worker against the embedded broker, with real events both ways.</summary>
public class IngestWorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_upload_is_finished_the_offset_follows_and_a_restart_does_nothing_twice()
    {
        await using var log = await LogBench.StartAsync(Token);
        using var bench = new IngestBench();
        var good = await bench.UploadAsync(await IngestBench.RecordingAsync(900));
        var other = await bench.UploadAsync(await IngestBench.RecordingAsync(600), "V2");
        var broken = await bench.UploadAsync(Encoding.UTF8.GetBytes("a shopping list"), "V3");
        foreach (var upload in new[] { good, broken, good, other }) await log.Producer.PublishAsync(Topics.Uploads, "k", upload, Token);

        await using (await RunningWorker.StartAsync(log, bench))
        {
            await using var catalogue = RunningCatalogue.Start(log, bench);
            await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == 4, Token);
        }

        (await StateAsync(bench, good)).ShouldBe(RecordingState.Committed);
        (await StateAsync(bench, other)).ShouldBe(RecordingState.Committed);
        (await StateAsync(bench, broken)).ShouldBe(RecordingState.DeadLettered);
        var rows = (await bench.IdentitiesAsync("raw.demo_msgs_point")).Concat(await bench.IdentitiesAsync("raw.raw")).ToList();
        rows.Count.ShouldBe(1500);
        rows.Distinct().Count().ShouldBe(1500);

        long written = EndOffset(log, Topics.FilesWritten);
        var late = await bench.UploadAsync(await IngestBench.RecordingAsync(3), "V4");
        await using (await RunningWorker.StartAsync(log, bench))
        {
            await using var catalogue = RunningCatalogue.Start(log, bench);
            await log.Producer.PublishAsync(Topics.Uploads, "k", late, Token);
            await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == 5, Token);
        }

        EndOffset(log, Topics.FilesWritten).ShouldBe(written + 2);
    }

    [Fact]
    public async Task The_offset_waits_for_the_tables_and_a_worker_that_dies_before_leaves_the_upload_to_the_next()
    {
        await using var log = await LogBench.StartAsync(Token);
        using var bench = new IngestBench();
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(300));
        await log.Producer.PublishAsync(Topics.Uploads, "k", upload, Token);

        // No catalogue runs: files are announced, but no table has them.
        await using (await RunningWorker.StartAsync(log, bench))
        {
            await Eventually.TrueAsync(() => EndOffset(log, Topics.FilesWritten) == 2, Token);
            await Task.Delay(200, Token);
            log.CommittedOffset("mesh.test").ShouldNotBe(1);
        }

        // The next worker does it again: two attempts are announced now, and every row is there once.
        await using (await RunningWorker.StartAsync(log, bench))
        {
            await Eventually.TrueAsync(() => EndOffset(log, Topics.FilesWritten) == 4, Token);
            await using var catalogue = RunningCatalogue.Start(log, bench);
            await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == 1, Token);
        }

        (await bench.IdentitiesAsync("raw.demo_msgs_point")).Distinct().Count().ShouldBe(200);
        (await bench.IdentitiesAsync("raw.demo_msgs_point")).Count.ShouldBe(200);
    }

    [Fact]
    public async Task An_event_that_is_no_upload_is_a_letter_and_the_ones_behind_it_go_on()
    {
        await using var log = await LogBench.StartAsync(Token);
        using var bench = new IngestBench();
        await log.Producer.PublishSerialisedAsync(Topics.Uploads, "k", "mesh.events.v1.UploadAccepted", new byte[] { 0xff, 0xff, 0xff }, null, Token);
        var upload = await bench.UploadAsync(await IngestBench.RecordingAsync(30));
        await log.Producer.PublishAsync(Topics.Uploads, "k", upload, Token);

        await using (await RunningWorker.StartAsync(log, bench))
        {
            await using var catalogue = RunningCatalogue.Start(log, bench);
            await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == 2, Token);
        }

        bench.Letters.ShouldHaveSingleItem().Code.ShouldBe("MESH2106");
        (await StateAsync(bench, upload)).ShouldBe(RecordingState.Committed);
    }

    private static long EndOffset(LogBench log, string topic) =>
        log.Broker.Describe().Topics.FirstOrDefault(candidate => candidate.Name == topic)?.Partitions.Sum(partition => partition.EndOffset) ?? 0;

    private static async Task<RecordingState> StateAsync(IngestBench bench, UploadAccepted upload) =>
        (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.State;

    private sealed class RunningWorker : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        private IngestWorker? worker;
        private Task? running;

        public static Task<RunningWorker> StartAsync(LogBench log, IngestBench bench)
        {
            var started = new RunningWorker
            {
                worker = new IngestWorker(bench.Options, log.Options, bench.Processor, log.Producer, bench.Recordings, TimeProvider.System, NullLogger.Instance),
            };
            started.running = started.worker.RunAsync(started.stop.Token);
            return Task.FromResult(started);
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running!;
            worker!.Dispose();
            stop.Dispose();
        }
    }

    private sealed class RunningCatalogue : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        private Task? running;

        public static RunningCatalogue Start(LogBench log, IngestBench bench)
        {
            var catalogue = new RunningCatalogue();
            catalogue.running = catalogue.RunAsync(log, bench);
            return catalogue;
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running!;
            stop.Dispose();
        }

        private async Task RunAsync(LogBench log, IngestBench bench)
        {
            await using var consumer = new EventConsumer<FilesWritten>(log.Options, Topics.FilesWritten, "catalogue", NullLogger.Instance);
            try
            {
                await foreach (var written in consumer.ReadAsync(stop.Token))
                {
                    if (written.Value!.Table.Length > 0) await bench.CommitAsync(written.Value);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
