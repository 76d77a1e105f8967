using System.Diagnostics.Metrics;

namespace Mesh.Commands.DeadLetters;

/// <summary>Meter <c>Mesh.DeadLetterTable</c>.</summary>
internal sealed class DeadLetterTableMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.DeadLetterTable");
    private readonly Counter<long> added;
    private readonly Counter<long> lost;

    public DeadLetterTableMetrics()
    {
        added = meter.CreateCounter<long>("mesh.dead_letter_table.rows", "{letter}", "Dead letters added to mesh.dead_letters.");
        lost = meter.CreateCounter<long>("mesh.dead_letter_table.lost", "{letter}", "Records their topic deleted before they were in mesh.dead_letters.");
    }

    public void Added(int letters) => added.Add(letters);

    public void Lost(long letters) => lost.Add(letters);

    public void Dispose() => meter.Dispose();
}
