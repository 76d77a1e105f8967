using System.Diagnostics;

namespace Mesh.Lakehouse.Metadata;

/// <summary>
/// Events written in the same transaction as the state they announce, and published afterwards, in order, at least once.
/// </summary>
public sealed class Outbox : IDisposable
{
    /// <summary>How long <see cref="WaitAsync"/> waits for events that another process may have added.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly MetadataDatabase database;

    // Holds at most one signal, set by any commit: one that comes between a peek and a wait is not lost.
    private readonly SemaphoreSlim signal = new(1, 1);

    /// <param name="database">Where; the outbox creates its table.</param>
    public Outbox(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("outbox",
        [
            """
            CREATE TABLE outbox (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                topic TEXT NOT NULL,
                key TEXT NOT NULL,
                event_type TEXT NOT NULL,
                protobuf BLOB NOT NULL)
            """,
            "ALTER TABLE outbox ADD COLUMN event_id TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE outbox ADD COLUMN trace_parent TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE outbox ADD COLUMN trace_state TEXT NOT NULL DEFAULT ''",
        ]);
        database.Committed += Signal;
    }

    /// <summary>Adds an event; it gets its identity here, and the current trace context.</summary>
    /// <param name="transaction">The transaction that changes the state.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="key">Key.</param>
    /// <param name="eventType">Full Protobuf name.</param>
    /// <param name="protobuf">Serialised message.</param>
    public static async Task AddAsync(MetadataTransaction transaction, string topic, string key, string eventType, byte[] protobuf)
    {
        // Ids are handed out before the commit. Whoever adds for this key next gets its id after this transaction has ended, or the events
        // of a key could become visible, and be published, in another order than that of their ids.
        await transaction.LockAsync($"outbox {topic} {key}").ConfigureAwait(false);
        var activity = Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current : null;
        await transaction.ExecuteAsync(
            """
            INSERT INTO outbox (topic, key, event_type, protobuf, event_id, trace_parent, trace_state)
            VALUES (@topic, @key, @eventType, @protobuf, @eventId, @traceParent, @traceState)
            """,
            new
            {
                topic, key, eventType, protobuf,
                eventId = Guid.CreateVersion7().ToString(), traceParent = activity?.Id ?? "", traceState = activity?.TraceStateString ?? "",
            }).ConfigureAwait(false);
    }

    /// <summary>The oldest entries.</summary>
    public ValueTask<IReadOnlyList<OutboxEntry>> PeekAsync(int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<OutboxEntry>>(
            async session => await session.QueryAsync<OutboxEntry>(
                """
                SELECT id AS Id, topic AS Topic, key AS Key, event_type AS EventType, protobuf AS Protobuf,
                    event_id AS EventId, trace_parent AS TraceParent, trace_state AS TraceState
                FROM outbox ORDER BY id LIMIT @limit
                """,
                new { limit }).ConfigureAwait(false),
            cancellationToken);

    /// <summary>Removes published entries.</summary>
    public async ValueTask RemoveAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0) return;
        await database.WriteAsync(
            transaction => transaction.ExecuteAsync($"DELETE FROM outbox WHERE id IN ({string.Join(", ", ids)})"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until this process alone publishes, among all that share the database: two would publish events again after later ones of the
    /// same key.
    /// </summary>
    public ValueTask<MetadataLease> HoldAsync(CancellationToken cancellationToken) => database.HoldAsync("outbox", cancellationToken);

    /// <summary>Returns as soon as there may be entries: at once, after an <see cref="AddAsync"/> in this process has committed, or after a second.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) =>
        _ = await signal.WaitAsync(PollInterval, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose()
    {
        database.Committed -= Signal;
        signal.Dispose();
    }

    private void Signal()
    {
        lock (signal)
        {
            if (signal.CurrentCount == 0) signal.Release();
        }
    }
}
