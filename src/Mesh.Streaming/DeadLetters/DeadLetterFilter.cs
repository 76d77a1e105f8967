namespace Mesh.Streaming.DeadLetters;

/// <summary>Which letters are meant; what is null does not matter.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>Ids, or beginnings of ids of at least four characters.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>Stage.</summary>
    public string? Stage { get; init; }

    /// <summary>Code of the error.</summary>
    public string? Code { get; init; }

    /// <summary>Ingest id, or its beginning.</summary>
    public string? Recording { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public string? Vehicle { get; init; }

    /// <summary>Channel, exactly.</summary>
    public string? Channel { get; init; }

    /// <summary>Topology that wrote it, whatever its version.</summary>
    public string? Topology { get; init; }

    /// <summary>Written at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Written before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>State.</summary>
    public DeadLetterState? State { get; init; }

    /// <summary>Whether nothing at all is asked for, which means every letter.</summary>
    public bool IsEmpty => this with { Ids = Ids is { Count: > 0 } ? Ids : null } == new DeadLetterFilter();
}
