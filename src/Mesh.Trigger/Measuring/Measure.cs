namespace Mesh.Trigger.Measuring;

/// <summary>What is measured of a table's new rows; rules that ask for the same share it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Column">Path of the column; empty where there is none.</param>
/// <param name="Filter">Which rows; null for all.</param>
internal sealed record Measure(MeasureKind Kind, string Column, TriggerFilter? Filter)
{
    /// <summary>Column with the pseudonym of the vehicle.</summary>
    public const string VehicleColumn = "vehicle_id";

    /// <summary>Names the measure in the database.</summary>
    public string Key { get; } = $"{Kind.ToString().ToLowerInvariant()}|{Column}|{Filter?.Text}";

    /// <summary>What a condition has to have measured; null where the events tell all it needs.</summary>
    public static Measure? Of(TriggerCondition leaf, TriggerFilter? filter) => leaf switch
    {
        NewRowsCondition when filter is not null => new Measure(MeasureKind.Rows, "", filter),
        NewDurationCondition when filter is not null => new Measure(MeasureKind.Duration, "", filter),
        NewVehiclesCondition => new Measure(MeasureKind.Values, VehicleColumn, filter),
        LabelsCondition labels => new Measure(MeasureKind.Values, labels.Column, filter),
        DriftCondition drift => new Measure(MeasureKind.Distribution, drift.Column, filter),
        _ => null,
    };

    /// <summary>Top-level columns that are read for it.</summary>
    public IEnumerable<string> Columns => Kind switch
    {
        MeasureKind.Rows => [],
        MeasureKind.Duration => ["recording_id", "log_time"],
        _ => [Column],
    };

    /// <inheritdoc/>
    public bool Equals(Measure? other) => other?.Key == Key;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);
}
