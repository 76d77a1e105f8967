using Mesh.Columnar;

namespace Mesh.Training.Loading;

/// <summary>Where the columns of a plan are in batches of a file.</summary>
internal sealed class BatchPlaces(TensorPlan plan, Schema schema)
{
    /// <summary>Per column; null where the file has none.</summary>
    public ColumnPlace?[] Columns { get; } = [.. plan.Columns.Select(column => ColumnPlace.Find(schema, column.Name))];

    public ColumnPlace? Recording { get; } = ColumnPlace.Find(schema, TensorPlan.RecordingColumn);

    public ColumnPlace? Sequence { get; } = ColumnPlace.Find(schema, TensorPlan.SequenceColumn);
}
