namespace Mesh.Commands.Queries.Tables;

/// <summary>How the values of one column are spread, counted value by value. <see cref="ColumnDistributionReader"/> makes it.</summary>
public sealed record ColumnDistribution
{
    /// <summary>Path of the column.</summary>
    public required string Column { get; init; }

    /// <summary>Rows looked at.</summary>
    public required long Rows { get; init; }

    /// <summary>Whether these are all rows; false when the limit was reached.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Rows without a value.</summary>
    public long Nulls { get; init; }

    /// <summary>Values that are NaN or infinite, which no bin has.</summary>
    public long NotFinite { get; init; }

    /// <summary>Different values; null when there are more than <see cref="ColumnDistributionReader.MaxDistinct"/>.</summary>
    public long? Distinct { get; init; }

    /// <summary>Smallest number; null for columns of no numbers.</summary>
    public double? Min { get; init; }

    /// <summary>Largest number.</summary>
    public double? Max { get; init; }

    /// <summary>Their mean.</summary>
    public double? Mean { get; init; }

    /// <summary>Values by bin, evenly between the smallest and the largest; empty for columns of no numbers.</summary>
    public IReadOnlyList<long> Bins { get; init; } = [];

    /// <summary>The most frequent values of a column of text or truth values, with how often they are there; empty for columns of numbers and where too many differ.</summary>
    public IReadOnlyList<(string Value, long Count)> Top { get; init; } = [];
}
