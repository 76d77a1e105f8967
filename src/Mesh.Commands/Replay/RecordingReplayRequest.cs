namespace Mesh.Commands.Replay;

/// <summary>Recordings to be replayed through a topology version; what is null does not matter.</summary>
public sealed record RecordingReplayRequest
{
    /// <summary>The topology, <c>NAME</c> or <c>NAME@V</c>.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Ingest ids, or beginnings of at least four digits.</summary>
    public IReadOnlyList<string>? Recordings { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public string? Vehicle { get; init; }

    /// <summary>Recordings with messages logged at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Recordings with messages logged before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Bytes of recordings read per second at most; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Recordings worked on at a time (default: 1).</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }
}
