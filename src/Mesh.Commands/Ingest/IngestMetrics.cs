using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mesh.Kafka.Events;
using Mesh.Streaming.Graph;

namespace Mesh.Commands.Ingest;

/// <summary>
/// Meter <c>Mesh.Ingest</c> of one topology, and the durations of its three stages under <c>Mesh.Decode</c>, <c>Mesh.Synchronise</c> and
/// <c>Mesh.Partition</c>.
/// </summary>
internal sealed class IngestMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.Ingest");
    private readonly Meter decode = new("Mesh.Decode");
    private readonly Meter synchronise = new("Mesh.Synchronise");
    private readonly Meter partition = new("Mesh.Partition");
    private readonly KeyValuePair<string, object?> topology;
    private readonly Counter<long> messages;
    private readonly Counter<long> rows;
    private readonly Counter<long> frames;
    private readonly Counter<long> letters;
    private readonly Counter<long> bytes;
    private readonly Counter<long> uploads;
    private readonly Counter<long> retries;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> latency;
    private readonly Dictionary<string, Histogram<double>> stages;

    public IngestMetrics(string topology, ByteBudget budget)
    {
        this.topology = new("mesh.topology", topology);
        messages = meter.CreateCounter<long>("mesh.ingest.messages", "{message}", "Messages read from recordings.");
        rows = meter.CreateCounter<long>("mesh.ingest.rows", "{row}", "Rows written to message tables.");
        frames = meter.CreateCounter<long>("mesh.ingest.frames", "{row}", "Rows written to synchronised tables.");
        letters = meter.CreateCounter<long>("mesh.ingest.dead_letters", "{message}", "Messages that became dead letters.");
        bytes = meter.CreateCounter<long>("mesh.ingest.bytes", "By", "Bytes of recordings ingested.");
        uploads = meter.CreateCounter<long>("mesh.ingest.uploads", "{upload}", "Uploads brought to an end, by result.");
        retries = meter.CreateCounter<long>("mesh.ingest.retries", "{attempt}", "Attempts at uploads that failed and were made again.");
        duration = Duration(meter, "mesh.ingest.duration", "Duration of one attempt at an upload.");
        latency = Duration(meter, "mesh.ingest.upload_to_snapshot.duration", "From the acceptance of an upload until every table has it.");
        stages = new(StringComparer.Ordinal)
        {
            ["decode"] = Duration(decode, "mesh.decode.duration", "How long decoding a recording took, waiting for the later stages included."),
            ["synchronise"] = Duration(synchronise, "mesh.synchronise.duration", "How long synchronising a recording took, waiting for the others included."),
            ["partition"] = Duration(partition, "mesh.partition.duration", "How long writing the files of a recording took, waiting for the others included."),
        };
        meter.CreateObservableGauge("mesh.ingest.queue.bytes", () => new Measurement<long>(budget.HeldBytes, this.topology), "By", "Bytes under way between stages.");
        meter.CreateObservableGauge("mesh.ingest.queue.limit", () => new Measurement<long>(budget.MaxBytes, this.topology), "By", "Bytes that may be under way between stages.");
    }

    /// <summary>Shows what a worker holds.</summary>
    public void Observe(FairSchedule schedule, Func<int> inFlight)
    {
        meter.CreateObservableGauge("mesh.ingest.waiting", () => new Measurement<int>(schedule.Waiting, topology), "{upload}", "Uploads that wait for their turn.");
        meter.CreateObservableGauge("mesh.ingest.working", () => new Measurement<int>(schedule.Working, topology), "{upload}", "Uploads that are being worked on.");
        meter.CreateObservableGauge("mesh.ingest.in_flight", () => new Measurement<int>(inFlight(), topology), "{upload}", "Uploads begun that are not yet in every table.");
    }

    /// <summary>Counts an upload whose files are written.</summary>
    public void Add(RecordingAccount account, long recordingBytes)
    {
        messages.Add(account.MessagesIn, topology);
        rows.Add(account.RowsOut, topology);
        frames.Add(account.FramesOut, topology);
        letters.Add(account.DeadLetters, topology);
        bytes.Add(recordingBytes, topology);
    }

    /// <summary>Counts an upload that was brought to an end.</summary>
    public void Ended(UploadResult result) =>
        uploads.Add(1, topology, new KeyValuePair<string, object?>("mesh.ingest.result", result switch
        {
            UploadResult.Written => "written",
            UploadResult.AlreadyFinished => "already_finished",
            _ => "dead_lettered",
        }));

    /// <summary>Counts an attempt that failed and is made again.</summary>
    public void Retried() => retries.Add(1, topology);

    /// <summary>Takes the duration of an attempt.</summary>
    public void Attempted(long started) => duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, topology);

    /// <summary>Takes how long an upload took from its acceptance to its last table.</summary>
    public void Committed(TimeSpan sinceAccepted) => latency.Record(sinceAccepted.TotalSeconds, topology);

    /// <summary>Begins the span of a stage within an attempt; disposing it takes its duration.</summary>
    public StageSpan Begin(string stage, ActivityContext parent) => new(stage, stages[stage], topology, parent);

    /// <inheritdoc/>
    public void Dispose()
    {
        meter.Dispose();
        decode.Dispose();
        synchronise.Dispose();
        partition.Dispose();
    }

    // A recording takes from a moment to hours.
    private static Histogram<double> Duration(Meter meter, string name, string description) => meter.CreateHistogram(
        name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400] });
}
