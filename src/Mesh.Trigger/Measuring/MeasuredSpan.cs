namespace Mesh.Trigger.Measuring;

/// <summary>Snapshots of which a measure has been taken: those after one and up to another.</summary>
internal sealed record MeasuredSpan
{
    public string Measure { get; init; } = "";

    /// <summary>Exclusive; 0 from the beginning.</summary>
    public long FromSequenceNumber { get; init; }

    public long FromSnapshotId { get; init; }

    /// <summary>Inclusive.</summary>
    public long ToSequenceNumber { get; init; }

    public long ToSnapshotId { get; init; }

    /// <summary>Why some of it could not be measured; null when all could.</summary>
    public string? Note { get; init; }
}
