namespace Mesh.Columnar.Parquet;

/// <summary>What to read of a Parquet file, and how.</summary>
public sealed record ParquetReadOptions
{
    /// <summary>
    /// Columns wanted, in this order (default: null, all). A path such as <c>pose.position.x</c> gives the struct with just the wanted fields; it
    /// leads through the <c>element</c> of a list and the <c>value</c> of a map.
    /// </summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Condition on the rows wanted (default: null, all). Its columns need not be among <see cref="Columns"/>.</summary>
    public Predicate? Filter { get; init; }

    /// <summary>First row group read (default: 0).</summary>
    public int FirstRowGroup { get; init; }

    /// <summary>Row groups read from there on (default: null, all that follow).</summary>
    public int? RowGroupCount { get; init; }

    /// <summary>Name of a column added behind the others that holds each row's position in the file, from 0 (default: null, none).</summary>
    public string? RowPositionColumn { get; init; }

    /// <summary>Most columns decoded at the same time (default: 1).</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Whether the checksums of pages that have one are checked (default: true).</summary>
    public bool CheckCrc { get; init; } = true;

    /// <summary>Memory that batches are made in and that the caller reclaims (default: null, memory of their own).</summary>
    public ColumnMemory? Memory { get; init; }

    /// <summary>Counts what is read and what is left out (default: null, nobody is interested).</summary>
    public ParquetReadStatistics? Statistics { get; init; }
}
