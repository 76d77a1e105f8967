using System.Diagnostics.Metrics;
using Mesh.Streaming.Graph;

namespace Mesh.Commands.Ingest;

/// <summary>
/// Memory that all topologies of a process share (setting <c>ingest.memory</c>). An upload takes what one upload of its topology may use before
/// it is begun and gives it back when its files are written, so that topologies side by side wait for each other instead of adding up. First
/// come, first served; meter <c>Mesh.Ingest</c>. Thread-safe.
/// </summary>
public sealed class IngestMemory : IDisposable
{
    private readonly Meter meter = new("Mesh.Ingest");
    private readonly ByteBudget budget;

    /// <param name="maxBytes">Bytes of all uploads under way; a single one that needs more is worked on alone.</param>
    public IngestMemory(long maxBytes)
    {
        budget = new ByteBudget(maxBytes);
        meter.CreateObservableGauge("mesh.ingest.memory.held", () => budget.HeldBytes, "By", "Memory that uploads under way have been granted, over all topologies.");
        meter.CreateObservableGauge("mesh.ingest.memory.limit", () => budget.MaxBytes, "By", "Memory that uploads under way may be granted, over all topologies.");
    }

    /// <summary>Bytes granted now.</summary>
    public long HeldBytes => budget.HeldBytes;

    /// <summary>Waits for the memory of one upload.</summary>
    /// <param name="options">Of its topology.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Disposing it gives the memory back.</returns>
    public async ValueTask<IDisposable> EnterAsync(IngestOptions options, CancellationToken cancellationToken)
    {
        long bytes = options.MemoryBytes / options.Parallelism;
        await budget.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
        return new Grant(budget, bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private sealed class Grant(ByteBudget budget, long bytes) : IDisposable
    {
        private int isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isReturned, 1) == 0) budget.Release(bytes);
        }
    }
}
