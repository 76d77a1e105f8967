namespace Mesh.Commands.Signals.Pyramids;

/// <summary>A signal as the footer describes it.</summary>
internal sealed record PyramidSignal
{
    /// <summary>Path of the column.</summary>
    public required string Column { get; init; }

    /// <summary>How it is drawn.</summary>
    public required SignalKind Kind { get; init; }

    /// <summary>Unit; null when nobody says.</summary>
    public string? Unit { get; init; }

    /// <summary>Samples with a value.</summary>
    public long Samples { get; init; }

    /// <summary>Where its entry per chunk begins in the file (numbers).</summary>
    public long ChunksOffset { get; init; }

    /// <summary>Levels, finest first; none where reading all samples is as quick.</summary>
    public IReadOnlyList<PyramidLevel> Levels { get; init; } = [];

    /// <summary>Where its runs begin in the file (bands).</summary>
    public long RunsOffset { get; init; }

    /// <summary>Number of runs.</summary>
    public long Runs { get; init; }

    /// <summary>What its runs' labels stand for.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Why it cannot be drawn; null when it can.</summary>
    public string? Reason { get; init; }
}
