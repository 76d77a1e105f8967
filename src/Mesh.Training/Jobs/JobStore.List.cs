using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Jobs;

public sealed partial class JobStore
{
    /// <summary>A page of jobs, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<JobEntry> Items, long Total)> ListAsync(JobQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = PageOf(query);
            string direction = query.Descending ? "DESC" : "ASC";
            string order = query.Sort switch
            {
                JobSort.Started => $"CASE WHEN started_at_us IS NULL THEN 1 ELSE 0 END, started_at_us {direction}, job_id",
                JobSort.Finished => $"CASE WHEN finished_at_us IS NULL THEN 1 ELSE 0 END, finished_at_us {direction}, job_id",
                JobSort.State => $"state {direction}, requested_at_us DESC, job_id",
                JobSort.Priority => $"priority {direction}, requested_at_us DESC, job_id",
                JobSort.Model => $"model {direction}, requested_at_us DESC, job_id",
                _ => $"requested_at_us {direction}, job_id",
            };
            var (rows, total) = await sql.ReadAsync<JobRow>(session, query, $"SELECT {Columns} FROM jobs WHERE {sql.Conditions} ORDER BY {order}", "jobs").ConfigureAwait(false);
            return ((IReadOnlyList<JobEntry>)[.. rows.Select(row => row.ToEntry())], total);
        },
        cancellationToken);

    /// <summary>How many jobs there are in each state that occurs; the query's own state is left aside.</summary>
    public ValueTask<IReadOnlyDictionary<JobState, long>> CountAsync(JobQuery query, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyDictionary<JobState, long>>(
        async session =>
        {
            var sql = PageOf(query with { State = null });
            return (await session.QueryAsync<CountRow>($"SELECT state State, count(*) Jobs FROM jobs WHERE {sql.Conditions} GROUP BY state ORDER BY state", sql.Parameters).ConfigureAwait(false))
                .ToDictionary(row => Enum.Parse<JobState>(row.State, ignoreCase: true), row => row.Jobs);
        },
        cancellationToken);

    private PageSql PageOf(JobQuery query) => new PageSql(database).Contains(query.Text, null, "job_id", "rule", "trainer", "model", "reason")
        .Equal("state", query.State?.ToString().ToLowerInvariant()).Equal("kind", query.Kind?.ToWord()).Equal("pool", query.Pool).Equal("team", query.Team).Equal("model", query.Model);

    private sealed class CountRow
    {
        public string State { get; init; } = "";
        public long Jobs { get; init; }
    }
}
