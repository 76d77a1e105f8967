using Mesh.Catalogue.TopicFed;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>Brings frames into their tables, with the state of what they were made from.</summary>
internal sealed class FrameCommitter(
    TelemetryOptions options, FrameProgress progress, TableCatalogue catalogue, IObjectStore lake, TopicTableWriter tables, TelemetryMetrics metrics, TimeProvider time)
{
    private readonly Dictionary<(TableIdentifier Table, string Source), long> known = [];

    /// <summary>Commits what a group has pending and saves its state. May be called again after a failure.</summary>
    /// <returns>False when another reader has saved meanwhile: the windows are to be dropped.</returns>
    /// <exception cref="MeshException">Of catalogue and storage.</exception>
    public async Task<bool> TryCommitAsync(FrameGroup group, CancellationToken cancellationToken)
    {
        try
        {
            var pending = group.Partitions.Values.SelectMany(partition => partition.Vehicles.Values.Where(vehicle => vehicle.Pending.Count > 0).Select(vehicle => (partition, vehicle))).ToList();
            if (pending.Count > 0 && !await AppendAsync(group, pending, cancellationToken).ConfigureAwait(false)) return false;
            await SaveRestAsync(group).ConfigureAwait(false);
            return true;
        }
        catch (FrameFencedException)
        {
            return false;
        }
    }

    private async Task<bool> AppendAsync(FrameGroup group, List<(FramePartition Partition, FrameVehicle Vehicle)> pending, CancellationToken cancellationToken)
    {
        var source = pending[0].Partition.Source;
        var context = new UploadContext(
            IngestId.Parse(source.RecordingId), "", "", Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), options.Topology, options.TopologyVersion,
            new EventPosition(source.Topic, source.Partition, pending[0].Partition.Applied)) { Tables = options.Tables };

        // Columns come and go with what vehicles send; a table that does not take them has a neighbour that does.
        await using var partitioner = new TablePartitioner(context, options.Partition, SchemaChangePolicy.Evolve, catalogue, lake);
        var byTable = new Dictionary<TableIdentifier, List<(FramePartition Partition, FrameVehicle Vehicle)>>();
        foreach (var (partition, vehicle) in pending)
        {
            TableIdentifier? table = null;
            foreach (var frames in vehicle.Pending) table = await partitioner.WriteAsync(options.Tables.OfSynchronised(group.Name), frames, cancellationToken).ConfigureAwait(false);
            if (!byTable.TryGetValue(table!, out var vehicles)) byTable[table!] = vehicles = [];
            vehicles.Add((partition, vehicle));
        }

        foreach (var files in await partitioner.CompleteAsync(cancellationToken).ConfigureAwait(false))
        {
            if (files.Files.Count == 0) continue;
            var here = byTable[files.Identifier];

            // All in one transaction, unless neighbouring tables make it several: then each has what belongs to its rows.
            FrameSave[] saves = byTable.Count == 1
                ? SavesOf(group)
                : [.. here.GroupBy(item => item.Partition, (partition, items) => SaveOf(partition, Math.Max(partition.Counted, partition.Applied), 0, [.. items.Select(item => item.Vehicle)]))];
            var slices = new List<TopicSlice>();
            foreach (var partition in here.Select(item => item.Partition).Distinct())
            {
                var key = (files.Identifier, partition.Source.Key);
                if (!known.TryGetValue(key, out long offset))
                {
                    offset = files.Identifier == options.Tables.OfSynchronised(group.Name)
                        ? partition.TableOffset
                        : (await tables.ReadOffsetsAsync(files.Identifier, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(key.Key);
                    known[key] = offset;
                }

                slices.Add(new TopicSlice(key.Key, offset, Math.Max(offset, partition.Applied)));
            }

            var timed = files.Files.Where(file => file.File.RowCount > 0).ToList();
            var append = new TopicAppend
            {
                Table = files.Identifier,
                Files = [.. files.Files.Select(file => file.File)],
                Slices = slices,
                MinLogTimeUs = timed.Count == 0 ? 0 : timed.Min(file => file.MinLogTimeUs),
                MaxLogTimeUs = timed.Count == 0 ? 0 : timed.Max(file => file.MaxLogTimeUs),
                Topology = options.Topology,
                Saving = transaction => FrameProgress.SaveAsync(transaction, options.Group, group.Name, saves),
            };
            CrashPoint.Reach("telemetry.before-frames");
            if (!await tables.TryAppendAsync(append, CancellationToken.None).ConfigureAwait(false)) return false;
            CrashPoint.Reach("telemetry.after-frames");
            foreach (var slice in slices) known[(files.Identifier, slice.Source)] = slice.NextOffset;
            foreach (var save in saves) Saved(save);
            foreach (var (_, vehicle) in here) vehicle.Pending.Clear();
            metrics.Frames(group.Name, files.RowCount);
        }

        return true;
    }

    private async Task SaveRestAsync(FrameGroup group)
    {
        // Also where nothing has changed: that nobody else has read a partition meanwhile is found out here.
        var saves = SavesOf(group);
        if (saves.Length == 0) return;
        await progress.SaveAsync(options.Group, group.Name, saves, CancellationToken.None).ConfigureAwait(false);
        foreach (var save in saves) Saved(save);
    }

    private static FrameSave[] SavesOf(FrameGroup group) =>
    [
        .. group.Partitions.Values.Where(partition => partition.Applied > partition.Counted || partition.Late > 0 || partition.Vehicles.Values.Any(vehicle => vehicle.IsChanged))
            .Select(partition => SaveOf(partition, Math.Max(partition.Counted, partition.Applied), partition.Late, [.. partition.Vehicles.Values.Where(vehicle => vehicle.IsChanged)])),
    ];

    private static FrameSave SaveOf(FramePartition partition, long counted, long late, IReadOnlyList<FrameVehicle> vehicles) =>
        new(partition, counted, vehicles.Sum(vehicle => vehicle.Pending.Sum(frames => (long)frames.Length)), late, [.. vehicles.Select(vehicle => (vehicle.Id, vehicle.State))]);

    private static void Saved(FrameSave save)
    {
        save.Partition.Version++;
        save.Partition.Counted = save.NextOffset;
        save.Partition.Late -= save.Late;
        foreach (var (id, _) in save.Vehicles) save.Partition.Vehicles[id].IsChanged = false;
    }
}
