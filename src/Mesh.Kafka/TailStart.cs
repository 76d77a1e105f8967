namespace Mesh.Kafka;

/// <summary>Where reading a topic begins, in each of its partitions; exactly one is set.</summary>
public readonly record struct TailStart
{
    /// <summary>This offset, or the nearest there is.</summary>
    public long? Offset { get; private init; }

    /// <summary>So many offsets before the end.</summary>
    public long? Last { get; private init; }

    /// <summary>The first record that is not older.</summary>
    public DateTimeOffset? Time { get; private init; }

    /// <summary>The beginning.</summary>
    public static TailStart Earliest => At(0);

    /// <summary>The end: only what comes.</summary>
    public static TailStart Latest => Before(0);

    /// <summary>An offset.</summary>
    public static TailStart At(long offset) => new() { Offset = offset };

    /// <summary>So many offsets before the end.</summary>
    public static TailStart Before(long count) => new() { Last = count };

    /// <summary>A time.</summary>
    public static TailStart Since(DateTimeOffset time) => new() { Time = time };
}
