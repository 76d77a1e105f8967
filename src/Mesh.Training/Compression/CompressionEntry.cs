namespace Mesh.Training.Compression;

/// <summary>A compression of a version: because it was registered, or because somebody asked.</summary>
public sealed record CompressionEntry
{
    /// <summary>Identity: <c>NAME@VERSION</c> for the registration, with <c>/N</c> when asked for by hand.</summary>
    public required string CompressionId { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>Profiles asked for; empty: all of them.</summary>
    public required IReadOnlyList<string> Profiles { get; init; }

    /// <summary>Where it is.</summary>
    public required CompressionState State { get; init; }

    /// <summary>Starts so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>Code of the last failure; null when there was none.</summary>
    public string? Code { get; init; }

    /// <summary>Why it is in this state, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
