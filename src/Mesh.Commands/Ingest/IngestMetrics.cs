using System.Diagnostics.Metrics;
using Mesh.Kafka.Events;
using Mesh.Streaming.Graph;

namespace Mesh.Commands.Ingest;

/// <summary>Meter <c>Mesh.Ingest</c>.</summary>
internal sealed class IngestMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.Ingest");
    private readonly Counter<long> messages;
    private readonly Counter<long> rows;
    private readonly Counter<long> letters;
    private readonly Counter<long> bytes;

    public IngestMetrics(ByteBudget budget)
    {
        messages = meter.CreateCounter<long>("mesh.ingest.messages", "{message}", "Messages read from recordings.");
        rows = meter.CreateCounter<long>("mesh.ingest.rows", "{row}", "Rows written to message tables.");
        letters = meter.CreateCounter<long>("mesh.ingest.dead_letters", "{message}", "Messages that became dead letters.");
        bytes = meter.CreateCounter<long>("mesh.ingest.bytes", "By", "Bytes of recordings ingested.");
        meter.CreateObservableGauge("mesh.ingest.queue.bytes", () => budget.HeldBytes, "By", "Bytes under way between stages.");
    }

    public void Add(RecordingAccount account, long recordingBytes)
    {
        messages.Add(account.MessagesIn);
        rows.Add(account.RowsOut);
        letters.Add(account.DeadLetters);
        bytes.Add(recordingBytes);
    }

    public void Dispose() => meter.Dispose();
}
