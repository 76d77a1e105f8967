using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Which recordings are asked for; what is null does not matter.</summary>
public sealed record RecordingQuery : PageQuery
{
    /// <summary>In the file name, the vehicle or the session, whatever its capitals, or at least four digits that the ingest id begins with.</summary>
    public string? Text { get; init; }

    /// <summary>State.</summary>
    public RecordingState? State { get; init; }

    /// <summary>Pseudonym of the vehicle, exactly.</summary>
    public string? Vehicle { get; init; }

    /// <summary>Accepted at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Accepted before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What to sort by (default: when they were accepted).</summary>
    public RecordingSort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
