using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>What to read, what to do with it on the way, and where to write: recover, filter, merge, split, sort and convert are this.</summary>
public sealed record CopyRequest
{
    /// <summary>Recordings, in the order that decides among equal times.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>File to write; a folder when <see cref="Split"/> makes several.</summary>
    public required string Output { get; init; }

    /// <summary>Format to write (default: null, by the output's extension).</summary>
    public RecordingFormat? Format { get; init; }

    /// <summary>What of the inputs is wanted, and how they are read.</summary>
    public RecordingReaderOptions Reader { get; init; } = new();

    /// <summary>Whether messages are put into log-time order; spills to <see cref="RecordingReaderOptions.SpillFolder"/> beyond a budget.</summary>
    public bool Sort { get; init; }

    /// <summary>How to cut the output into several files; null for one.</summary>
    public SplitRule? Split { get; init; }

    /// <summary>Compression in the output format's words; empty for its default.</summary>
    public string Compression { get; init; } = "";

    /// <summary>Column that holds the time of a table's rows (default: null, found by name and type).</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Whether existing files are replaced.</summary>
    public bool Overwrite { get; init; }
}
