using Mesh.Lakehouse.Metadata;
using Mesh.Training.Tracking.Search;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    /// <summary>A page of runs with their last metrics, parameters, tags and inputs, and how many there are on all.</summary>
    /// <exception cref="TrackingException">The filter, the order or the experiment is none.</exception>
    public ValueTask<(IReadOnlyList<TrackedRun> Items, long Total)> ListRunsAsync(RunListQuery query, CancellationToken cancellationToken)
    {
        if (query.OrderBy.Count > FilterParser.MaxConditions) throw TrackingLimits.TooLong($"The order has more than {FilterParser.MaxConditions} terms.");
        var search = new SearchSql(database, SearchScope.Runs, "run_id")
            .Add(FilterParser.Parse(query.Filter, SearchScope.Runs))
            .Add([.. query.OrderBy.Select(order => FilterParser.ParseOrder(order, SearchScope.Runs))]);
        var sql = new PageSql(database);
        // Both number their parameters by how many there are.
        foreach (var (name, value) in search.Parameters) sql.Parameters[name] = value;
        return database.ReadAsync(
            async session =>
            {
                sql.Where(Deleted("r", query.Deleted ? RunView.All : RunView.Active)).Contains(query.Text, "r.run_id", "r.name", "r.user_id", "e.name")
                    .Equal("r.status", query.Status is { } status ? Text(status) : null);
                if (query.Experiment is { } experiment)
                {
                    var row = await FindExperimentRowAsync(session, experiment).ConfigureAwait(false) ?? await RequireExperimentAsync(session, experiment).ConfigureAwait(false);
                    sql.Equal("r.experiment_id", row.Id);
                }

                var (rows, total) = await sql.ReadAsync<RunRow>(
                    session, query,
                    limit => $"SELECT {RunRow.Columns} {RunRow.From} WHERE {sql.Conditions}{search.Where} ORDER BY {search.Order}r.start_ms DESC, r.run_id {limit}",
                    $"SELECT count(*) {RunRow.From} WHERE {sql.Conditions}{search.Where}").ConfigureAwait(false);
                return (await LoadRunsAsync(session, rows).ConfigureAwait(false), total);
            },
            cancellationToken);
    }
}
