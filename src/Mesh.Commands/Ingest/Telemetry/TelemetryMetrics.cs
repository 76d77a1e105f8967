using System.Diagnostics.Metrics;
using Mesh.Streaming.Graph;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>Meter <c>Mesh.Telemetry</c>, with attribute <c>mesh.topology</c>.</summary>
internal sealed class TelemetryMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.Telemetry");
    private readonly KeyValuePair<string, object?> topology;
    private readonly Counter<long> messages;
    private readonly Counter<long> rows;
    private readonly Counter<long> letters;
    private readonly Counter<long> duplicates;
    private readonly Counter<long> notSelected;
    private readonly Counter<long> lost;
    private readonly Counter<long> late;
    private readonly Counter<long> fenced;
    private readonly Counter<long> frames;
    private readonly Counter<long> lateForFrames;
    private readonly Counter<long> framesEnded;
    private readonly Histogram<double> lateness;
    private readonly Histogram<double> delay;
    private readonly Histogram<double> duration;

    public TelemetryMetrics(string topology, ByteBudget budget)
    {
        this.topology = new("mesh.topology", topology);
        messages = meter.CreateCounter<long>("mesh.telemetry.messages", "{message}", "Messages read.");
        rows = meter.CreateCounter<long>("mesh.telemetry.rows", "{row}", "Rows committed.");
        letters = meter.CreateCounter<long>("mesh.telemetry.dead_letters", "{message}", "Messages and frames that became dead letters.");
        duplicates = meter.CreateCounter<long>("mesh.telemetry.duplicates", "{message}", "Messages their producer had sent before.");
        notSelected = meter.CreateCounter<long>("mesh.telemetry.not_selected", "{message}", "Messages of channels that are not wanted.");
        lost = meter.CreateCounter<long>("mesh.telemetry.lost", "{message}", "Messages the log deleted before they were read.");
        late = meter.CreateCounter<long>("mesh.telemetry.late", "{message}", "Messages later than the lateness allows, by channel; they are in the tables.");
        fenced = meter.CreateCounter<long>("mesh.telemetry.fenced", "{commit}", "Commits refused because another reader had committed.");
        frames = meter.CreateCounter<long>("mesh.telemetry.frames", "{frame}", "Frames committed, by group.");
        lateForFrames = meter.CreateCounter<long>("mesh.telemetry.frames.late", "{message}", "Messages that came too late for frames, by group, channel and reason; they are in the tables of messages.");
        framesEnded = meter.CreateCounter<long>("mesh.telemetry.frames.ended", "{stream}", "Streams of vehicles that ended, by group and reason: idle or memory.");
        meter.CreateObservableGauge("mesh.telemetry.frames.bytes", () => new Measurement<long>(FrameBytes, this.topology), "By", "Bytes of messages that frames to come may need.");
        lateness = meter.CreateHistogram<double>("mesh.telemetry.lateness", "s", "How late they were.");
        delay = meter.CreateHistogram<double>("mesh.telemetry.delay", "s", "From the log's timestamp of a batch's oldest message to the snapshot.");
        duration = meter.CreateHistogram<double>("mesh.telemetry.batch.duration", "s", "From a batch's end to its snapshots.");
        meter.CreateObservableGauge("mesh.telemetry.queue.bytes", () => new Measurement<long>(budget.HeldBytes, this.topology), "By", "Bytes of messages being decoded and written.");
    }

    public void Batch(int count, long rowCount, long letterCount, long skipped, TimeSpan oldest, TimeSpan took)
    {
        messages.Add(count, topology);
        rows.Add(rowCount, topology);
        letters.Add(letterCount, topology);
        notSelected.Add(skipped, topology);
        delay.Record(oldest.TotalSeconds, topology);
        duration.Record(took.TotalSeconds, topology);
    }

    /// <summary>Bytes of messages in windows.</summary>
    public long FrameBytes { get; set; }

    public void Frames(string group, long count) => frames.Add(count, topology, new("mesh.synchronise.group", group));

    public void FramesEnded(string group, string reason) => framesEnded.Add(1, topology, new("mesh.synchronise.group", group), new("mesh.reason", reason));

    public void LateForFrames(string group, string channel, LateReason reason) => lateForFrames.Add(
        1, [topology, new("mesh.synchronise.group", group), new("mesh.channel", channel), new("mesh.reason", reason == LateReason.Outlier ? "outlier" : "behind_watermark")]);

    public void Duplicate() => duplicates.Add(1, topology);

    public void Lost(long count) => lost.Add(count, topology);

    public void Fenced() => fenced.Add(1, topology);

    public void Late(string channel, TimeSpan by)
    {
        var name = new KeyValuePair<string, object?>("mesh.channel", channel);
        late.Add(1, topology, name);
        lateness.Record(by.TotalSeconds, topology, name);
    }

    public void Dispose() => meter.Dispose();
}
