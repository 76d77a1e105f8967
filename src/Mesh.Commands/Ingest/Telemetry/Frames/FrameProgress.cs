using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Synchronise.Streams;

namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>
/// Where the frames of each vehicle are, saved in the transaction that commits them, and counted by version: whoever saves without having read what was
/// saved last is refused, with the frames it wanted to commit.
/// </summary>
internal sealed class FrameProgress
{
    private readonly MetadataDatabase database;

    public FrameProgress(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("telemetry frames",
        [
            """
            CREATE TABLE frame_sources (
                reader TEXT NOT NULL,
                frames TEXT NOT NULL,
                source TEXT NOT NULL,
                version INTEGER NOT NULL,
                next_offset INTEGER NOT NULL,
                made INTEGER NOT NULL,
                late INTEGER NOT NULL,
                PRIMARY KEY (reader, frames, source)) WITHOUT ROWID;
            CREATE TABLE frame_vehicles (
                reader TEXT NOT NULL,
                frames TEXT NOT NULL,
                source TEXT NOT NULL,
                vehicle TEXT NOT NULL,
                from_offset INTEGER NOT NULL,
                is_open INTEGER NOT NULL,
                latest_ns INTEGER,
                floor_ns INTEGER NOT NULL,
                first_ns INTEGER NOT NULL,
                decided_ns INTEGER NOT NULL,
                PRIMARY KEY (reader, frames, source, vehicle)) WITHOUT ROWID;
            """,
        ]);
    }

    /// <summary>Offset from which a partition is to be read so that every group's windows can be made again; null when that of the raw rows will do.</summary>
    public async ValueTask<long?> FindLowestAsync(string reader, IReadOnlyList<string> groups, TopicSource source, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                long? lowest = null;
                foreach (string frames in groups)
                {
                    long? next = await session.FirstOrDefaultAsync<long?>(
                        "SELECT next_offset FROM frame_sources WHERE reader = @reader AND frames = @frames AND source = @Key", new { reader, frames, source.Key }).ConfigureAwait(false);
                    long? open = await session.ScalarAsync<long?>(
                        "SELECT min(from_offset) FROM frame_vehicles WHERE reader = @reader AND frames = @frames AND source = @Key AND is_open = 1", new { reader, frames, source.Key }).ConfigureAwait(false);
                    if (Least(next, open) is { } from) lowest = Least(lowest, from);
                }

                return lowest;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>The state of a partition as it was saved last; a new one when there is none.</summary>
    public async ValueTask<FramePartition> LoadAsync(string reader, string frames, TopicSource source, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                var at = new { reader, frames, source.Key };
                var row = (await session.QueryAsync<(long Version, long Next)>(
                    "SELECT version, next_offset FROM frame_sources WHERE reader = @reader AND frames = @frames AND source = @Key", at).ConfigureAwait(false)).FirstOrDefault();
                var partition = new FramePartition(source, row.Version, row.Next);
                var vehicles = await session.QueryAsync<(string Vehicle, long From, long IsOpen, long? Latest, long Floor, long First, long Decided)>(
                    "SELECT vehicle, from_offset, is_open, latest_ns, floor_ns, first_ns, decided_ns FROM frame_vehicles WHERE reader = @reader AND frames = @frames AND source = @Key", at).ConfigureAwait(false);
                foreach (var vehicle in vehicles)
                {
                    partition.Restore(vehicle.Vehicle, new StreamState(vehicle.From, vehicle.IsOpen != 0, vehicle.Latest, vehicle.Floor, vehicle.First, vehicle.Decided));
                }

                return partition;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Frames made and messages late by group, over all partitions.</summary>
    public async ValueTask<IReadOnlyList<FrameAccount>> AccountsAsync(string reader, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session => (await session.QueryAsync<(string Frames, long Made, long Late)>("SELECT frames, made, late FROM frame_sources WHERE reader = @reader", new { reader }).ConfigureAwait(false))
                .GroupBy(row => row.Frames, (frames, rows) => rows.Aggregate(new FrameAccount(frames, 0, 0), (sum, row) => sum with { Made = sum.Made + row.Made, Late = sum.Late + row.Late }))
                .OrderBy(account => account.Group, StringComparer.Ordinal).ToList(),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Saves without a commit.</summary>
    public async ValueTask SaveAsync(string reader, string frames, IReadOnlyList<FrameSave> saves, CancellationToken cancellationToken) =>
        await database.WriteAsync(transaction => SaveAsync(transaction, reader, frames, saves), cancellationToken).ConfigureAwait(false);

    /// <summary>Saves in a transaction.</summary>
    /// <exception cref="FrameFencedException">Another reader has saved meanwhile.</exception>
    public static async Task SaveAsync(MetadataTransaction transaction, string reader, string frames, IReadOnlyList<FrameSave> saves)
    {
        foreach (var save in saves)
        {
            string source = save.Partition.Source.Key;
            var row = new { reader, frames, source, version = save.Partition.Version, next = save.NextOffset, made = save.Made, late = save.Late };
            int moved = save.Partition.Version > 0
                ? await transaction.ExecuteAsync(
                    """
                    UPDATE frame_sources SET version = version + 1, next_offset = @next, made = made + @made, late = late + @late
                    WHERE reader = @reader AND frames = @frames AND source = @source AND version = @version
                    """,
                    row).ConfigureAwait(false)
                : await transaction.ExecuteAsync(
                    """
                    INSERT INTO frame_sources (reader, frames, source, version, next_offset, made, late) VALUES (@reader, @frames, @source, 1, @next, @made, @late)
                    ON CONFLICT (reader, frames, source) DO NOTHING
                    """,
                    row).ConfigureAwait(false);
            if (moved == 0) throw new FrameFencedException();
            foreach (var (vehicle, state) in save.Vehicles)
            {
                await transaction.ExecuteAsync(
                    """
                    INSERT INTO frame_vehicles (reader, frames, source, vehicle, from_offset, is_open, latest_ns, floor_ns, first_ns, decided_ns)
                    VALUES (@reader, @frames, @source, @vehicle, @from, @open, @latest, @floor, @first, @decided)
                    ON CONFLICT (reader, frames, source, vehicle) DO UPDATE SET from_offset = excluded.from_offset, is_open = excluded.is_open,
                        latest_ns = excluded.latest_ns, floor_ns = excluded.floor_ns, first_ns = excluded.first_ns, decided_ns = excluded.decided_ns
                    """,
                    new
                    {
                        reader, frames, source, vehicle, from = state.FromOffset, open = state.IsOpen ? 1 : 0, latest = state.LatestNs, floor = state.FloorNs,
                        first = state.FirstNs, decided = state.DecidedNs,
                    }).ConfigureAwait(false);
            }
        }
    }

    private static long? Least(long? one, long? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);
}

/// <summary>What is saved of a partition.</summary>
/// <param name="Partition">Which, with the version that was read.</param>
/// <param name="NextOffset">Messages below it have been counted.</param>
/// <param name="Made">Frames made since.</param>
/// <param name="Late">Messages late since.</param>
/// <param name="Vehicles">States that have changed.</param>
internal sealed record FrameSave(FramePartition Partition, long NextOffset, long Made, long Late, IReadOnlyList<(string Vehicle, StreamState State)> Vehicles);

/// <summary>Another reader has saved the frames' state meanwhile.</summary>
internal sealed class FrameFencedException : Exception;
