namespace Mesh.Faults.Tests.Campaign;

/// <summary>What the oracle has in hand once the faults are over: what was promised, what is there, what was seen on the way.</summary>
internal sealed record Evidence
{
    /// <summary>Uploads that were answered with accepted or duplicate.</summary>
    public required IReadOnlyList<Upload> Acknowledged { get; init; }

    /// <summary>All uploads that somebody began.</summary>
    public required IReadOnlyList<Upload> Attempted { get; init; }

    /// <summary>What the server says became of them, by ingest id.</summary>
    public required IReadOnlyDictionary<string, Account> Accounts { get; init; }

    public required IReadOnlyList<Letter> Letters { get; init; }

    /// <summary>Rows as a foreign reader finds them.</summary>
    public required IReadOnlyList<LakeRow> Rows { get; init; }

    /// <summary>Rows of each table and recording as Mesh's own reader counts them.</summary>
    public required IReadOnlyDictionary<(string Table, string Recording), long> OwnRows { get; init; }

    /// <summary>Rows of the synchronised tables, by recording: all, and those with a sequence of their own.</summary>
    public required IReadOnlyDictionary<string, (long Rows, long Distinct)> Frames { get; init; }

    /// <summary>Files that a table lists twice, or that more than one live snapshot has added.</summary>
    public required IReadOnlyList<string> FilesTwice { get; init; }

    /// <summary>Positions, in the order in which they were seen.</summary>
    public required IReadOnlyList<OffsetSample> Offsets { get; init; }

    public required IReadOnlyList<Firing> Firings { get; init; }

    /// <summary>The firing that each job was started for.</summary>
    public required IReadOnlyList<string> Jobs { get; init; }

    /// <summary>How long a fresh upload took to be committed after a fault had ended.</summary>
    public required IReadOnlyList<(string After, TimeSpan Took)> Liveness { get; init; }

    /// <summary>Most memory of each server process, in bytes.</summary>
    public required IReadOnlyList<long> PeakBytes { get; init; }

    public required long MemoryCapBytes { get; init; }

    /// <summary>Files that nothing refers to after a sweep.</summary>
    public required IReadOnlyList<string> Orphans { get; init; }

    /// <summary>Files that a snapshot refers to and that are not there.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>What foreign readers said when they could not read, during the run.</summary>
    public required IReadOnlyList<string> FailedReads { get; init; }

    /// <summary>Where readers disagree about the number of rows.</summary>
    public required IReadOnlyList<string> Disagreements { get; init; }

    /// <summary>Commits of another writer that were acknowledged and are not there.</summary>
    public required IReadOnlyList<string> ForeignCommitsLost { get; init; }

    /// <summary>Ends of server processes that nobody brought about.</summary>
    public required IReadOnlyList<string> Deaths { get; init; }

    /// <summary>What really happened, by kind, counted where it happened.</summary>
    public required IReadOnlyDictionary<string, int> Occurred { get; init; }

    /// <summary>Kinds without which the run has shown nothing.</summary>
    public required IReadOnlyList<string> Required { get; init; }
}
