namespace Mesh.Formats.Mcap;

/// <summary>Which messages of a recording are wanted.</summary>
public sealed record McapQuery
{
    /// <summary>Earliest log time, nanoseconds, inclusive (default: from the start).</summary>
    public ulong StartTimeNs { get; init; }

    /// <summary>Latest log time, nanoseconds, inclusive (default: to the end).</summary>
    public ulong EndTimeNs { get; init; } = ulong.MaxValue;

    /// <summary>Topics as recorded (default: null, all of them).</summary>
    public IReadOnlySet<string>? Topics { get; init; }
}
