using System.Diagnostics;
using Mesh.Catalogue;
using Mesh.Commands.Ingest;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>Worker and catalogue against the embedded broker: who is served when, and whether the trace holds together.</summary>
public sealed class FairIngestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_small_recordings_are_committed_while_two_big_ones_that_came_first_still_go_on()
    {
        GatedObjectStore? gate = null;
        var big = new List<UploadAccepted>();
        var options = IngestBench.NewOptions() with { Parallelism = 2, LargeUploadBytes = 100_000 };
        using var bench = new IngestBench(options: options, wrapLanding: inner => gate = new GatedObjectStore(inner, key => big.Exists(upload => key.Contains(upload.IngestId, StringComparison.Ordinal))));
        await using var log = await LogBench.StartAsync(Token);
        for (int i = 0; i < 2; i++) big.Add(await bench.UploadAsync(await IngestBench.RecordingAsync(6_000 + i), $"big-{i}"));
        var small = new List<UploadAccepted>();
        for (int i = 0; i < 20; i++) small.Add(await bench.UploadAsync(await IngestBench.RecordingAsync(30 + i), $"small-{i % 5}"));
        big.ShouldAllBe(upload => upload.SizeBytes > options.LargeUploadBytes);
        small.ShouldAllBe(upload => upload.SizeBytes < options.LargeUploadBytes);
        foreach (var upload in big.Concat(small)) await log.Producer.PublishAsync(Topics.Uploads, "k", upload, Token);

        await using var chain = Chain.Start(log, bench);
        await UntilAllAsync(bench, small, RecordingState.Committed);

        gate!.Waiting.ShouldBe(1);
        foreach (var upload in big) (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.State.ShouldBe(RecordingState.Accepted);
        log.CommittedOffset("mesh.test").ShouldNotBe(22);

        gate.Open();
        await UntilAllAsync(bench, big, RecordingState.Committed);
        await Eventually.TrueAsync(() => log.CommittedOffset("mesh.test") == 22, Token);
    }

    [Fact]
    public async Task One_trace_leads_from_an_upload_through_the_log_to_the_snapshot_that_holds_it()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MeshTracing.SourceName or EventTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (ended) ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var log = await LogBench.StartAsync(Token);
        using var bench = new IngestBench();
        using var outbox = new Outbox(bench.Database);
        var roots = new List<ActivityTraceId>();
        var uploads = new List<UploadAccepted>();
        for (int i = 0; i < 3; i++)
        {
            using var root = new Activity("PATCH /uploads").Start();
            roots.Add(root.TraceId);
            uploads.Add(await bench.UploadAsync(await IngestBench.RecordingAsync(60 + i), $"V{i}"));
            await log.Producer.PublishAsync(Topics.Uploads, "k", uploads[^1], Token);
        }

        // Nothing but the log's headers joins the stages: the worker and the catalogue run outside the spans above.
        Activity.Current.ShouldBeNull();
        await using (Chain.Start(log, bench)) await UntilAllAsync(bench, uploads, RecordingState.Committed);

        List<Activity> spans;
        lock (ended) spans = [.. ended];
        foreach (var root in roots)
        {
            var own = spans.Where(span => span.TraceId == root).ToList();
            var ingest = own.Single(span => span.OperationName == $"process {Topics.Uploads}");
            ingest.ParentSpanId.ShouldBe(own.Single(span => span.OperationName == $"send {Topics.Uploads}").SpanId);
            var attempt = own.Single(span => span.OperationName == "ingest attempt");
            attempt.ParentSpanId.ShouldBe(ingest.SpanId);
            foreach (string stage in new[] { "decode", "synchronise", "partition" }) own.Single(span => span.OperationName == stage).ParentSpanId.ShouldBe(attempt.SpanId);
            var sent = own.Where(span => span.OperationName == $"send {Topics.FilesWritten}").ToList();
            sent.Count.ShouldBe(2);

            // Each of its tables was committed by a span that is linked to the event, alone or with others.
            foreach (var send in sent)
            {
                spans.ShouldContain(span => span.OperationName == $"process {Topics.FilesWritten}" && span.GetTagItem("mesh.snapshot.id") != null
                    && span.Links.Any(link => link.Context.SpanId == send.SpanId && link.Context.TraceId == root));
            }
        }

        // The events of the snapshots carry on in the traces of those commits.
        var announced = (await outbox.PeekAsync(100, Token)).Where(entry => entry.Topic == Topics.SnapshotCommitted).ToList();
        announced.ShouldNotBeEmpty();
        foreach (var entry in announced)
        {
            ActivityContext.TryParse(entry.TraceParent, null, out var context).ShouldBeTrue();
            spans.ShouldContain(span => span.SpanId == context.SpanId && span.OperationName == $"process {Topics.FilesWritten}");
            roots.ShouldContain(context.TraceId);
        }
    }

    private static async Task UntilAllAsync(IngestBench bench, IEnumerable<UploadAccepted> uploads, RecordingState state)
    {
        foreach (var upload in uploads)
        {
            await Eventually.TrueAsync(async () => (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.State == state, Token);
        }
    }

    /// <summary>The real worker and the real catalogue stage.</summary>
    private sealed class Chain : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        private readonly Outbox outbox;
        private readonly IngestWorker worker;
        private readonly Task[] running;

        private Chain(LogBench log, IngestBench bench)
        {
            outbox = new Outbox(bench.Database);
            worker = new IngestWorker(bench.Options, log.Options, bench.Processor, log.Producer, bench.Recordings, TimeProvider.System, NullLogger.Instance);
            var catalogue = new CatalogueStage(
                log.Options, bench.Catalogue, bench.Recordings, bench.Database, bench.LakeStore, new DeadLetterSink(log.Producer), NullLogger.Instance, TimeProvider.System);
            running = [worker.RunAsync(stop.Token), catalogue.RunAsync(stop.Token)];
        }

        public static Chain Start(LogBench log, IngestBench bench) => new(log, bench);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
            worker.Dispose();
            outbox.Dispose();
            stop.Dispose();
        }
    }
}
