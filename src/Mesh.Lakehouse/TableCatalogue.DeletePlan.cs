using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Reading;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>What <see cref="DeleteRowsAsync"/> would do now: reads what the condition needs, and changes nothing.</summary>
    /// <exception cref="MeshException"><c>MESH8102</c> no such table; <c>MESH8109</c> when a column is unknown.</exception>
    public async ValueTask<DeletePlan> PlanDeleteAsync(TableIdentifier identifier, Predicate where, DeleteOptions options, CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        FilterColumns.Of(where, state.Metadata.CurrentSchema);
        bool rewrites = options.Rewrite || state.Metadata.FormatVersion >= 3;
        var plan = new DeletePlan(state.Table, rewrites, 0, 0, 0, 0);
        if (state.Metadata.CurrentSnapshot is null) return plan;
        var worker = new RowDeleter(lake, state.Metadata, where, rewrites);
        await foreach (var planned in PlanAsync(state, new ScanOptions { Filter = where, IncludeMetrics = true }, cancellationToken).ConfigureAwait(false))
        {
            var (rows, dropsFile) = await worker.PlanAsync(planned, cancellationToken).ConfigureAwait(false);
            if (rows == 0) continue;
            plan = plan with
            {
                Rows = plan.Rows + rows,
                DroppedFiles = plan.DroppedFiles + (dropsFile ? 1 : 0),
                ChangedFiles = plan.ChangedFiles + (dropsFile ? 0 : 1),
                ChangedBytes = plan.ChangedBytes + (dropsFile ? 0 : planned.File.FileBytes),
            };
        }

        return plan;
    }
}
