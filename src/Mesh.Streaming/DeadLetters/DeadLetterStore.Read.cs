using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Looking letters up.</summary>
public sealed partial class DeadLetterStore
{
    private const int ShortestPrefix = 4;
    private const int MaxIds = 500;

    /// <summary>Letters, oldest first.</summary>
    /// <exception cref="MeshException"><c>MESH2350</c>: an id is none, or too short.</exception>
    public ValueTask<IReadOnlyList<DeadLetterEntry>> ListAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken)
    {
        var (where, parameters) = ConditionOf(filter);
        parameters["limit"] = limit;
        return database.ReadAsync<IReadOnlyList<DeadLetterEntry>>(
            async session => (await session.QueryAsync<DeadLetterRow>(
                $"SELECT {DeadLetterSchema.Columns} FROM dead_letters WHERE {where} ORDER BY created_at, id LIMIT @limit", parameters).ConfigureAwait(false))
                .Select(row => row.ToEntry()).ToList(),
            cancellationToken);
    }

    /// <summary>How many letters there are.</summary>
    public ValueTask<long> CountAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var (where, parameters) = ConditionOf(filter);
        return database.ReadAsync(session => session.ScalarAsync<long>($"SELECT count(*) FROM dead_letters WHERE {where}", parameters), cancellationToken);
    }

    /// <summary>The letter of an id or of the beginning of one; null when there is none.</summary>
    /// <exception cref="MeshException"><c>MESH2350</c>: not the beginning of an id; <c>MESH2351</c>: of several.</exception>
    public async ValueTask<DeadLetterEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await ListAsync(new DeadLetterFilter { Ids = [id] }, 2, cancellationToken).ConfigureAwait(false);
        if (found.Count == 0) return null;
        return found.Count == 1 ? found[0] : throw new MeshException("MESH2351", $"'{id}' is the beginning of several ids of dead letters: give more of it.");
    }

    /// <summary>What has happened to a letter, in order.</summary>
    public ValueTask<IReadOnlyList<DeadLetterChange>> HistoryAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DeadLetterChange>>(
            async session => (await session.QueryAsync<DeadLetterChangeRow>(
                "SELECT at, action, detail, topology, topology_version, topology_digest FROM dead_letter_changes WHERE letter_id = @id ORDER BY ordinal", new { id }).ConfigureAwait(false))
                .Select(row => new DeadLetterChange(UnixMicros.ToTime(row.at), row.action, row.detail, row.topology, row.topology_version, row.topology_digest)).ToList(),
            cancellationToken);

    /// <summary>The payload as the letter carried it; null when it is elsewhere.</summary>
    public ValueTask<byte[]?> PayloadAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.FirstOrDefaultAsync<byte[]>("SELECT payload FROM dead_letter_payloads WHERE letter_id = @id", new { id }), cancellationToken);

    /// <summary>Letters that a replay has not finished, of one recording.</summary>
    public ValueTask<IReadOnlyList<DeadLetterEntry>> ListReplayingAsync(string replayId, string ingestId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ListReplayingAsync(session, replayId, ingestId), cancellationToken);

    /// <inheritdoc cref="ListReplayingAsync(string, string, CancellationToken)"/>
    public async Task<IReadOnlyList<DeadLetterEntry>> ListReplayingAsync(MetadataSession session, string replayId, string ingestId) =>
        (await session.QueryAsync<DeadLetterRow>(
            $"SELECT {DeadLetterSchema.Columns} FROM dead_letters WHERE replay_id = @replayId AND ingest_id = @ingestId AND state = 1 ORDER BY created_at, id",
            new { replayId, ingestId }).ConfigureAwait(false)).Select(row => row.ToEntry()).ToList();

    /// <summary>Recordings with letters that still wait, or are being replayed, and were written at or after a time: their landing objects are needed.</summary>
    public ValueTask<IReadOnlySet<string>> ListRecordingsInNeedAsync(DateTimeOffset writtenSince, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlySet<string>>(
            async session => (await session.QueryAsync<string>(
                "SELECT DISTINCT ingest_id FROM dead_letters WHERE ingest_id <> '' AND state IN (0, 1) AND created_at >= @since",
                new { since = UnixMicros.Of(writtenSince) }).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal),
            cancellationToken);

    private static (string Where, Dictionary<string, object?> Parameters) ConditionOf(DeadLetterFilter filter)
    {
        var conditions = new List<string> { "1 = 1" };
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (filter.Ids is { Count: > 0 } ids)
        {
            if (ids.Count > MaxIds) throw new MeshException("MESH2350", $"{ids.Count} ids of dead letters are too many at a time: give at most {MaxIds}, or a filter.");
            conditions.Add($"({string.Join(" OR ", ids.Select((id, index) => Prefix("id", $"id{index}", id, "a dead letter")))})");
        }

        if (filter.Recording is { } recording) conditions.Add(Prefix("ingest_id", "recording", recording, "a recording"));
        Equal("stage", filter.Stage);
        Equal("code", filter.Code);
        Equal("vehicle_id", filter.Vehicle);
        Equal("channel", filter.Channel);
        Equal("topology", filter.Topology);
        if (filter.Since is { } since) Add("created_at >= @since", "since", UnixMicros.Of(since));
        if (filter.Until is { } until) Add("created_at < @until", "until", UnixMicros.Of(until));
        if (filter.State is { } state) Add("state = @state", "state", (int)state);
        return (string.Join(" AND ", conditions), parameters);

        void Equal(string column, string? value)
        {
            if (value is not null) Add($"{column} = @{column}", column, value);
        }

        void Add(string condition, string name, object value)
        {
            conditions.Add(condition);
            parameters[name] = value;
        }

        // Hexadecimal only, so that the text needs no escaping and 'g' is beyond every id that begins with it.
        string Prefix(string column, string name, string text, string what)
        {
            if (text.Length < ShortestPrefix || !text.All(char.IsAsciiHexDigitLower))
            {
                throw new MeshException("MESH2350", $"'{text}' is not the id of {what}: give at least {ShortestPrefix} of its lower-case hexadecimal digits.");
            }

            parameters[name] = text;
            parameters[name + "_end"] = text + "g";
            return $"({column} >= @{name} AND {column} < @{name}_end)";
        }
    }
}
