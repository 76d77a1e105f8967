using System.IO.Enumeration;

namespace Mesh.Formats;

/// <summary>Which messages of a recording are wanted. Readers skip the rest as early as their index allows.</summary>
public sealed record RecordingQuery
{
    /// <summary>Everything.</summary>
    public static readonly RecordingQuery All = new();

    /// <summary>Earliest log time, nanoseconds, inclusive (default: from the start).</summary>
    public ulong StartTimeNs { get; init; }

    /// <summary>Latest log time, nanoseconds, inclusive (default: to the end).</summary>
    public ulong EndTimeNs { get; init; } = ulong.MaxValue;

    /// <summary>Topics as recorded, as globs: <c>*</c> any text, slashes included; <c>?</c> one character (default: null, all of them).</summary>
    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>Whether every message is wanted.</summary>
    public bool IsAll => StartTimeNs == 0 && EndTimeNs == ulong.MaxValue && Topics is null;

    /// <summary>Whether messages of a topic are wanted.</summary>
    public bool Selects(string topic)
    {
        if (Topics is null) return true;
        foreach (string glob in Topics)
        {
            if (FileSystemName.MatchesSimpleExpression(glob, topic, ignoreCase: false)) return true;
        }

        return false;
    }

    /// <summary>Whether a log time is wanted.</summary>
    public bool Selects(ulong logTimeNs) => logTimeNs >= StartTimeNs && logTimeNs <= EndTimeNs;
}
