namespace Mesh.Commands.Signals;

/// <summary>Which signals, from when to when.</summary>
public record SignalQuery
{
    /// <summary>Most signals of a request.</summary>
    public const int MaxSignals = 64;

    /// <summary>Most columns of a request.</summary>
    public const int MaxColumns = 8192;

    /// <summary>Names of signals.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Beginning in seconds since the recording's start (default: its start).</summary>
    public double? From { get; init; }

    /// <summary>End in seconds since the recording's start, itself not included (default: its end).</summary>
    public double? To { get; init; }

    /// <summary>Most columns that the answer may have (default: 1200).</summary>
    public int Columns { get; init; } = 1200;
}
