namespace Mesh.Streaming.Topologies;

/// <summary>
/// A place in a topology file, with typed getters. A value of the wrong kind is added to the topology's errors and the default returned,
/// so that one run reports everything.
/// </summary>
public sealed class TopologyNode
{
    /// <summary>Line of the node, from 1.</summary>
    public int Line => throw new NotSupportedException();

    /// <summary>Column, from 1.</summary>
    public int Column => throw new NotSupportedException();

    /// <summary>Dotted path from the root, <c>synchronise[0].tolerance</c>.</summary>
    public string Path => throw new NotSupportedException();

    /// <summary>The child of a mapping; null when absent or when this is no mapping (which is reported).</summary>
    public TopologyNode? Get(string key) => throw new NotSupportedException();

    /// <summary>The items of a sequence; anything else is reported and yields none.</summary>
    public IReadOnlyList<TopologyNode> Items => throw new NotSupportedException();

    /// <summary>Keys of a mapping, in file order.</summary>
    public IReadOnlyList<string> Keys => throw new NotSupportedException();

    /// <summary>The scalar's text; a mapping or sequence is reported and yields an empty string.</summary>
    public string AsText() => throw new NotSupportedException();

    /// <summary>Text of a child; <paramref name="fallback"/> when absent.</summary>
    public string GetText(string key, string fallback) => throw new NotSupportedException();

    /// <summary>Text of a child that must be there; reported and empty when it is not.</summary>
    public string RequireText(string key) => throw new NotSupportedException();

    /// <summary>A whole number.</summary>
    public long GetInteger(string key, long fallback) => throw new NotSupportedException();

    /// <summary>A number.</summary>
    public double GetNumber(string key, double fallback) => throw new NotSupportedException();

    /// <summary>true or false.</summary>
    public bool GetBoolean(string key, bool fallback) => throw new NotSupportedException();

    /// <summary>A duration (<c>50ms</c>) in nanoseconds.</summary>
    public long GetDurationNs(string key, long fallback) => throw new NotSupportedException();

    /// <summary>A size (<c>256MiB</c>) in bytes.</summary>
    public long GetBytes(string key, long fallback) => throw new NotSupportedException();

    /// <summary>One of a few words, mapped to an enum by its camelCase name.</summary>
    public T GetChoice<T>(string key, T fallback) where T : struct, Enum => throw new NotSupportedException();

    /// <summary>Reports keys that are not among those known, naming the closest.</summary>
    public void AllowKeys(params ReadOnlySpan<string> keys) => throw new NotSupportedException();

    /// <summary>Reports something wrong at this place.</summary>
    public void Report(string message) => throw new NotSupportedException();
}
