using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <summary>ID and HD block: version, state of finalisation, start time, and where everything else begins.</summary>
internal sealed record Mdf4Header
{
    public const int CycleCounters = 1;
    public const int ReductionCounters = 2;
    public const int LastDataLength = 4;
    public const int LastReductionLength = 8;
    public const int LastDataList = 16;
    public const int VariableLengthSizes = 32;
    public const int VariableLengthOffsets = 64;

    /// <summary>Version as text, for example <c>4.10</c>.</summary>
    public required string Version { get; init; }

    /// <summary>Name of the writing program.</summary>
    public required string Program { get; init; }

    /// <summary>Steps of finalisation that were not done; 0 in a finalised file.</summary>
    public required int Unfinished { get; init; }

    /// <summary>Steps that only the writing program knows.</summary>
    public required int CustomUnfinished { get; init; }

    /// <summary>Start of the recording, nanoseconds since 1970, UTC; local time where <see cref="IsLocalTime"/>.</summary>
    public required ulong StartNs { get; init; }

    /// <summary>Whether the start is in local time of an unknown zone.</summary>
    public required bool IsLocalTime { get; init; }

    /// <summary>Minutes of the zone, daylight saving included; null when unknown.</summary>
    public required int? ZoneMinutes { get; init; }

    /// <summary>The HD block; null when it is unreadable.</summary>
    public required Mdf4Block? Block { get; init; }

    public bool Needs(int step) => (Unfinished & step) != 0;
}
