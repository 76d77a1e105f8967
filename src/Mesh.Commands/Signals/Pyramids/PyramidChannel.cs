namespace Mesh.Commands.Signals.Pyramids;

/// <summary>A channel as the footer describes it: the times that its signals share, and the signals.</summary>
internal sealed record PyramidChannel
{
    /// <summary>Channel as recorded.</summary>
    public required string Channel { get; init; }

    /// <summary>Samples, gaps included.</summary>
    public required long Rows { get; init; }

    /// <summary>Time of the first, nanoseconds since 1970.</summary>
    public required long FirstTimeNs { get; init; }

    /// <summary>Time of the last.</summary>
    public required long LastTimeNs { get; init; }

    /// <summary>An upper bound of the median step between samples; no more than twice that.</summary>
    public required long TypicalStepNs { get; init; }

    /// <summary>Number of chunks.</summary>
    public required int Chunks { get; init; }

    /// <summary>Where the first row and first time of each chunk are in the file, and after the last those of the end.</summary>
    public required long DirectoryOffset { get; init; }

    /// <summary>Where the entry per chunk of the times begins.</summary>
    public required long TimesOffset { get; init; }

    /// <summary>The signals.</summary>
    public required IReadOnlyList<PyramidSignal> Signals { get; init; }

    /// <summary>A step longer than this is a gap in the recording.</summary>
    public long GapNs => TypicalStepNs > long.MaxValue / 5 ? long.MaxValue : TypicalStepNs * 5;
}
