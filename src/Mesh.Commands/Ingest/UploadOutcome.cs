using Mesh.Kafka.Events;

namespace Mesh.Commands.Ingest;

/// <summary>How an upload ended.</summary>
public enum UploadResult
{
    /// <summary>Files are written; the events are to be published.</summary>
    Written,
    /// <summary>Every table had it already, or it was dead-lettered before: a redelivered event.</summary>
    AlreadyFinished,
    /// <summary>It could not be ingested; the dead letter says why.</summary>
    DeadLettered,
}

/// <summary>What became of one upload event.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Events">One event per table, or one without a table when there were no rows; empty unless written.</param>
public sealed record UploadOutcome(UploadResult Result, IReadOnlyList<FilesWritten> Events)
{
    /// <summary>Code of the failure; null unless dead-lettered.</summary>
    public string? Code { get; init; }

    /// <summary>The failure, for people; null unless dead-lettered.</summary>
    public string? Reason { get; init; }

    /// <summary>Attempts it took.</summary>
    public int Attempts { get; init; } = 1;
}
