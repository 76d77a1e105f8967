using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>
/// How far a reader has brought each partition to its end, in every table: where it begins after a restart, and what its producers had sent by then. Saved
/// together, under the condition that nobody else has saved since. The tables' own offsets decide what is added; this only saves reading again.
/// </summary>
internal sealed class TopicProgress
{
    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    public TopicProgress(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("telemetry",
        [
            """
            CREATE TABLE topic_progress (
                reader TEXT NOT NULL,
                source TEXT NOT NULL,
                next_offset INTEGER NOT NULL,
                saved_at INTEGER NOT NULL,
                PRIMARY KEY (reader, source)) WITHOUT ROWID;
            CREATE TABLE topic_producers (
                reader TEXT NOT NULL,
                source TEXT NOT NULL,
                producer TEXT NOT NULL,
                highest INTEGER NOT NULL,
                seen BLOB NOT NULL,
                last_offset INTEGER NOT NULL,
                PRIMARY KEY (reader, source, producer)) WITHOUT ROWID;
            """,
        ]);
    }

    /// <summary>Next offsets of those sources that have one.</summary>
    public async ValueTask<IReadOnlyDictionary<TopicSource, long>> FindAsync(string reader, IReadOnlyList<TopicSource> sources, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                var found = new Dictionary<TopicSource, long>();
                foreach (var source in sources)
                {
                    long? next = await session.FirstOrDefaultAsync<long?>(
                        "SELECT next_offset FROM topic_progress WHERE reader = @reader AND source = @Key", new { reader, source.Key }).ConfigureAwait(false);
                    if (next is { } offset) found[source] = offset;
                }

                return found;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Whether any incarnation of a partition has been read.</summary>
    public async ValueTask<bool> HasReadAsync(string reader, string topic, int partition, CancellationToken cancellationToken)
    {
        string bare = new TopicSource(topic, partition, "").Key;
        return await database.ReadAsync(
            session => session.ScalarAsync<long>(
                "SELECT count(*) FROM topic_progress WHERE reader = @reader AND (source = @bare OR substr(source, 1, @length) = @prefix)",
                new { reader, bare, prefix = bare + "@", length = bare.Length + 1 }),
            cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>The state of a source as it was saved last; a new one for a source that is read for the first time.</summary>
    public async ValueTask<PartitionState> LoadAsync(string reader, TopicSource source, int maxProducers, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                long? next = await session.FirstOrDefaultAsync<long?>(
                    "SELECT next_offset FROM topic_progress WHERE reader = @reader AND source = @Key", new { reader, source.Key }).ConfigureAwait(false);
                var windows = new ProducerWindows(maxProducers);
                var rows = await session.QueryAsync<(string Producer, long Highest, byte[] Seen, long LastOffset)>(
                    "SELECT producer, highest, seen, last_offset FROM topic_producers WHERE reader = @reader AND source = @Key", new { reader, source.Key }).ConfigureAwait(false);
                foreach (var row in rows) windows.Load(row.Producer, ProducerWindow.From(row.Highest, row.Seen, row.LastOffset));
                return new PartitionState(source, next, windows);
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Saves what a batch has moved, all of it or nothing.</summary>
    /// <returns>False when another reader of the group has saved one of the partitions meanwhile.</returns>
    public async ValueTask<bool> TrySaveAsync(string reader, IReadOnlyList<PartitionState> states, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                async transaction =>
                {
                    foreach (var state in states) await SaveAsync(transaction, reader, state).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (OvertakenException)
        {
            return false;
        }

        foreach (var state in states)
        {
            state.Saved = state.Next;
            state.Producers.Saved();
        }

        return true;
    }

    private async Task SaveAsync(MetadataTransaction transaction, string reader, PartitionState state)
    {
        string key = state.Source.Key;
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        int moved = state.Saved is { } saved
            ? await transaction.ExecuteAsync(
                "UPDATE topic_progress SET next_offset = @next, saved_at = @now WHERE reader = @reader AND source = @key AND next_offset = @saved",
                new { next = state.Next, now, reader, key, saved }).ConfigureAwait(false)
            : await transaction.ExecuteAsync(
                "INSERT INTO topic_progress (reader, source, next_offset, saved_at) VALUES (@reader, @key, @next, @now) ON CONFLICT (reader, source) DO NOTHING",
                new { reader, key, next = state.Next, now }).ConfigureAwait(false);
        if (moved == 0) throw new OvertakenException();
        foreach (var (producer, window) in state.Producers.Changed)
        {
            if (window is null)
            {
                await transaction.ExecuteAsync(
                    "DELETE FROM topic_producers WHERE reader = @reader AND source = @key AND producer = @producer", new { reader, key, producer }).ConfigureAwait(false);
                continue;
            }

            await transaction.ExecuteAsync(
                """
                INSERT INTO topic_producers (reader, source, producer, highest, seen, last_offset) VALUES (@reader, @key, @producer, @highest, @seen, @lastOffset)
                ON CONFLICT (reader, source, producer) DO UPDATE SET highest = excluded.highest, seen = excluded.seen, last_offset = excluded.last_offset
                """,
                new { reader, key, producer, highest = window.Highest, seen = window.ToBytes(), lastOffset = window.LastOffset }).ConfigureAwait(false);
        }
    }

    private sealed class OvertakenException : Exception;
}
