namespace Mesh.Broker.Storage;

/// <summary>Compaction.</summary>
internal sealed partial class PartitionLog
{
    private const string CleanedName = "cleaned-below";

    /// <summary>Every key has at most one record below.</summary>
    private long cleanedBelow;

    /// <inheritdoc/>
    public ValueTask CompactAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
