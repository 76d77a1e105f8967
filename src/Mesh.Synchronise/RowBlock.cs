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

    public required IReadOnlyList<ColumnVector> Columns { get; init; }

    public int Length => Times.Length;

    // Three numbers per row, and the key that sorts it.
    public long EstimatedBytes => Columns.Sum(column => column.EstimatedBytes) + 48L * Length;
}

/// <summary>One sample: a row of a block, with what orders it.</summary>
internal readonly record struct RowRef(long Time, long Sequence, RowBlock Block, int Row)
{
    public bool IsPresent => Block is not null;

    public long LogTime => Block.LogTimes.Span[Row];
}
