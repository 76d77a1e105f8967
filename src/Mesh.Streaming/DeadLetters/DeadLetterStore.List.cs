using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Pages of letters.</summary>
public sealed partial class DeadLetterStore
{
    /// <summary>A page of letters, and how many there are on all.</summary>
    /// <exception cref="MeshException"><c>MESH2350</c>: an id is none, or too short.</exception>
    public ValueTask<(IReadOnlyList<DeadLetterEntry> Items, long Total)> ListAsync(DeadLetterQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = PageOf(query);
            string direction = query.Descending ? "DESC" : "ASC";
            string order = query.Sort switch
            {
                DeadLetterSort.Changed => $"changed_at {direction}, id {direction}",
                DeadLetterSort.Messages => $"count {direction}, created_at DESC, id",
                DeadLetterSort.Bytes => $"payload_bytes {direction}, created_at DESC, id",
                DeadLetterSort.Attempts => $"attempts {direction}, created_at DESC, id",
                DeadLetterSort.Code => $"code {direction}, stage {direction}, created_at DESC, id",
                _ => $"created_at {direction}, id {direction}",
            };
            var (rows, total) = await sql.ReadAsync<DeadLetterRow>(
                session, query, $"SELECT {DeadLetterSchema.Columns} FROM dead_letters WHERE {sql.Conditions} ORDER BY {order}", "dead_letters").ConfigureAwait(false);
            return ((IReadOnlyList<DeadLetterEntry>)[.. rows.Select(row => row.ToEntry())], total);
        },
        cancellationToken);

    /// <summary>How many letters there are by stage, code, state and topology.</summary>
    /// <exception cref="MeshException"><c>MESH2350</c>: an id is none, or too short.</exception>
    public ValueTask<DeadLetterFacets> CountAsync(DeadLetterQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var stages = await CountAsync(session, "stage", query with { Filter = query.Filter with { Stage = null } }).ConfigureAwait(false);
            var codes = await CountAsync(session, "code", query with { Filter = query.Filter with { Code = null } }).ConfigureAwait(false);
            var states = await CountAsync(session, "state", query with { Filter = query.Filter with { State = null } }).ConfigureAwait(false);
            var topologies = await CountAsync(session, "topology", query with { Filter = query.Filter with { Topology = null } }).ConfigureAwait(false);
            return new DeadLetterFacets(
                stages, codes, states.ToDictionary(state => (DeadLetterState)int.Parse(state.Key, System.Globalization.CultureInfo.InvariantCulture), state => state.Value), topologies);
        },
        cancellationToken);

    private async Task<Dictionary<string, long>> CountAsync(MetadataSession session, string column, DeadLetterQuery query)
    {
        var sql = PageOf(query);
        var rows = await session.QueryAsync<FacetRow>(
            $"SELECT CAST({column} AS TEXT) AS value, count(*) AS letters FROM dead_letters WHERE {sql.Conditions} GROUP BY 1 ORDER BY 2 DESC, 1", sql.Parameters).ConfigureAwait(false);
        return rows.ToDictionary(row => row.value, row => row.letters, StringComparer.Ordinal);
    }

    private PageSql PageOf(DeadLetterQuery query)
    {
        var (where, parameters) = ConditionOf(query.Filter);
        var sql = new PageSql(database);
        foreach (var (name, value) in parameters) sql.Parameters[name] = value;
        if (parameters.Count > 0) sql.Where(where);
        return sql.Contains(query.Text, "id", "reason", "channel");
    }

    private sealed class FacetRow
    {
        public string value { get; init; } = "";
        public long letters { get; init; }
    }
}
