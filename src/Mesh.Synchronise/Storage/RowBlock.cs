using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Samples of one channel under one schema, in no particular order.</summary>
internal sealed class RowBlock
{
    public required int SchemaIndex { get; init; }

    public required ReadOnlyMemory<long> Times { get; init; }

    public required ReadOnlyMemory<long> Sequences { get; init; }

    /// <summary>Microseconds, as the column holds them.</summary>
    public required ReadOnlyMemory<long> LogTimes { get; init; }

    /// <summary>Log times as recorded, nanoseconds: the order of arrival.</summary>
    public required ReadOnlyMemory<long> ArrivalsNs { get; init; }

    /// <summary>None where only keys were read.</summary>
    public required IReadOnlyList<ColumnVector> Columns { get; init; }

    /// <summary>Whether it was read from disk, so that it is in memory only while something refers to it.</summary>
    public bool IsSpilled { get; init; }

    public int Length => Times.Length;

    // Four numbers per row, and the key that sorts it.
    public long EstimatedBytes => Columns.Sum(column => column.EstimatedBytes) + 56L * Length;
}

/// <summary>One sample: a row of a block, with what orders it.</summary>
internal readonly record struct RowRef(long Time, long Sequence, RowBlock Block, int Row)
{
    public bool IsPresent => Block is not null;

    public long LogTime => Block.LogTimes.Span[Row];

    public long ArrivalNs => Block.ArrivalsNs.Span[Row];

    /// <summary>The same sample with an offset on its time.</summary>
    public RowRef Shifted(long nanoseconds) => nanoseconds == 0 ? this : this with { Time = Nanoseconds.Add(Time, nanoseconds) };
}
