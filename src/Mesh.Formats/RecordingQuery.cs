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

    /// <summary>
    /// Channels that are wanted whatever their topic, because what is shown is made of them (default: null, none). A reader that selects by
    /// <see cref="Selects(RecordingChannel)"/> skips the others; <see cref="Selects(string)"/> cannot tell them and selects all.
    /// </summary>
    internal Func<RecordingChannel, bool>? Sources { get; init; }

    /// <summary>Whether every message is wanted.</summary>
    public bool IsAll => StartTimeNs == 0 && EndTimeNs == ulong.MaxValue && Topics is null;

    /// <summary>Whether messages of a topic are wanted.</summary>
    public bool Selects(string topic) => Topics is null || Sources is not null || Matches(topic);

    /// <summary>Whether messages of a channel are wanted.</summary>
    internal bool Selects(RecordingChannel channel) => Topics is null || Sources?.Invoke(channel) == true || Matches(channel.Topic);

    /// <summary>Whether a log time is wanted.</summary>
    public bool Selects(ulong logTimeNs) => logTimeNs >= StartTimeNs && logTimeNs <= EndTimeNs;

    private bool Matches(string topic)
    {
        foreach (string glob in Topics!)
        {
            if (FileSystemName.MatchesSimpleExpression(glob, topic, ignoreCase: false)) return true;
        }

        return false;
    }
}
