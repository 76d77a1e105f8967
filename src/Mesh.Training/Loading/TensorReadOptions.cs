namespace Mesh.Training.Loading;

/// <summary>Which rows become tensors, in which order, and how much memory that may take.</summary>
public sealed record TensorReadOptions
{
    /// <summary>
    /// Paths of columns (default: null, every column that becomes a tensor without being asked: no text). A struct stands for all that is in it;
    /// <c>covariance[9]</c> says that a list has nine elements in every row.
    /// </summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Samples per batch (default: 1,024). The last batch of a shuffle buffer is shorter.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>Bytes of rows that are shuffled at a time (default: 64 MiB); 0 gives all rows in the order of the files.</summary>
    public long ShuffleBufferBytes { get; init; } = 64L << 20;

    /// <summary>Decides the order (default: 7).</summary>
    public long Seed { get; init; } = 7;

    /// <summary>Passes over the rows, each in another order (default: 1).</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Which of <see cref="ShardCount"/> parts, from 0 (default: 0).</summary>
    public int ShardIndex { get; init; }

    /// <summary>Parts that readers share the rows in (default: 1).</summary>
    public int ShardCount { get; init; } = 1;

    /// <summary>Cursor of the last batch that was used; null from the beginning.</summary>
    public string? Resume { get; init; }

    /// <summary>Consecutive rows of one recording that make a sample (default: 1). More need the columns recording_id and sequence.</summary>
    public int Window { get; init; } = 1;

    /// <summary>Windows begin where the sequence number is a multiple of this (default: 1).</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Condition on the rows; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Frozen hold-outs (default: left out).</summary>
    public HoldoutUse Holdouts { get; init; } = HoldoutUse.Exclude;

    /// <summary>Columns of text (default: codes).</summary>
    public TextTensors Text { get; init; } = TextTensors.Codes;

    /// <summary>Columns decoded at the same time (default: 1); the order does not depend on it.</summary>
    public int Parallelism { get; init; } = 1;
}
