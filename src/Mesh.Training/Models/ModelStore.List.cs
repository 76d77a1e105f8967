using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Models;

public sealed partial class ModelStore
{
    /// <summary>A page of versions without the recordings they have seen, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<ModelEntry> Items, long Total)> ListPageAsync(ModelQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = PageOf(query);
            string direction = query.Descending ? "DESC" : "ASC";
            string order = query.Sort switch
            {
                ModelSort.Name => $"name {direction}, version DESC",
                ModelSort.State => $"lifecycle_state {direction}, registered_at_us DESC, name, version DESC",
                ModelSort.Bytes => $"bytes {direction}, name, version DESC",
                _ => $"registered_at_us {direction}, name, version DESC",
            };
            var (rows, total) = await sql.ReadAsync<ModelRow>(session, query, $"SELECT {Columns} FROM models WHERE {sql.Conditions} ORDER BY {order}", "models").ConfigureAwait(false);
            return ((IReadOnlyList<ModelEntry>)[.. rows.Select(row => row.ToEntry([]))], total);
        },
        cancellationToken);

    /// <summary>How many versions there are in each state of the lifecycle that occurs; the query's own is left aside.</summary>
    public ValueTask<IReadOnlyDictionary<string, long>> CountAsync(ModelQuery query, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyDictionary<string, long>>(
        async session =>
        {
            var sql = PageOf(query with { LifecycleState = null });
            return (await session.QueryAsync<CountRow>(
                $"SELECT lifecycle_state State, count(*) Versions FROM models WHERE {sql.Conditions} GROUP BY lifecycle_state ORDER BY lifecycle_state", sql.Parameters).ConfigureAwait(false))
                .ToDictionary(row => row.State, row => row.Versions, StringComparer.Ordinal);
        },
        cancellationToken);

    private PageSql PageOf(ModelQuery query) => new PageSql(database).Contains(query.Text, null, "name", "trainer", "reason", "job_id")
        .Equal("name", query.Name).Equal("state", query.State?.ToString().ToLowerInvariant()).Equal("lifecycle_state", query.LifecycleState);

    private sealed class CountRow
    {
        public string State { get; init; } = "";
        public long Versions { get; init; }
    }
}
