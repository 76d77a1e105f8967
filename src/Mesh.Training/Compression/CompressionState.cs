namespace Mesh.Training.Compression;

/// <summary>Where a compression is.</summary>
public enum CompressionState
{
    /// <summary>Waits.</summary>
    Queued,
    /// <summary>Is worked on.</summary>
    Running,
    /// <summary>Its variants are registered, whatever became of each.</summary>
    Done,
    /// <summary>Given up; the reason says why.</summary>
    Failed,
    /// <summary>Not needed any more: the version was rejected meanwhile.</summary>
    Skipped,
}
