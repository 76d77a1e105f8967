using Mesh.Columnar;
using Mesh.Decode.Telemetry;
using Mesh.Lakehouse.Rows;
using Mesh.Synchronise.Streams;

namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>One group over all partitions that are read.</summary>
internal sealed class FrameGroup(StreamGroup group, TelemetryMetrics metrics)
{
    public string Name => group.Options.Name;

    public Dictionary<int, FramePartition> Partitions { get; } = [];

    public IEnumerable<(FramePartition Partition, FrameVehicle Vehicle)> Open =>
        Partitions.Values.SelectMany(partition => partition.Vehicles.Values.Where(vehicle => vehicle.Window is not null).Select(vehicle => (partition, vehicle)));

    public bool Wants(TelemetryInput input) => input.Message.Encoding == TelemetryMessage.Can || group.Wants(input.Message.Channel);

    /// <summary>Puts messages into the windows and takes the frames that are decided.</summary>
    /// <param name="inputs">The messages, by partition in the order of the log.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="next">Offsets behind them, by partition.</param>
    /// <param name="heard">The idle clock.</param>
    public void Apply(IReadOnlyList<TelemetryInput> inputs, TelemetryRows rows, IReadOnlyDictionary<int, long> next, TimeSpan heard)
    {
        var arrived = new Dictionary<(FramePartition Partition, FrameVehicle Vehicle), List<StreamRows>>();
        foreach (var part in rows.Batches) Split(inputs, part, arrived);
        foreach (var ((partition, vehicle), batches) in arrived)
        {
            vehicle.Window ??= group.Open(partition.Source.RecordingId, vehicle.Id, vehicle.State);
            vehicle.Window.Add(batches, next[partition.Source.Partition]);
            vehicle.Pending.AddRange(vehicle.Window.Take());
            vehicle.LastHeard = heard;
            Settle(partition, vehicle);
        }

        foreach (var (number, offset) in next)
        {
            if (Partitions.TryGetValue(number, out var partition)) partition.Applied = Math.Max(partition.Applied, offset);
        }
    }

    /// <summary>Ends the stream of a vehicle.</summary>
    public void End(FramePartition partition, FrameVehicle vehicle, string reason)
    {
        vehicle.Pending.AddRange(vehicle.Window!.End());
        Settle(partition, vehicle);
        vehicle.Window = null;
        metrics.FramesEnded(Name, reason);
    }

    private void Settle(FramePartition partition, FrameVehicle vehicle)
    {
        foreach (var late in vehicle.Window!.TakeLate())
        {
            if (late.Offset < partition.Counted) continue;
            partition.Late++;
            metrics.LateForFrames(Name, late.Channel, late.Reason);
        }

        vehicle.State = vehicle.Window.State;
        vehicle.IsChanged = true;
    }

    // Copied by vehicle and channel: a window that keeps one message must not keep the batch it came in.
    private void Split(IReadOnlyList<TelemetryInput> inputs, TelemetryBatch part, Dictionary<(FramePartition, FrameVehicle), List<StreamRows>> arrived)
    {
        var chosen = new Dictionary<(FramePartition Partition, FrameVehicle Vehicle, string Channel), List<RowRef>>();
        var channels = part.Rows.Batch["channel"];
        for (int row = 0; row < part.Inputs.Count; row++)
        {
            var input = inputs[part.Inputs[row]];
            string channel = input.Message.Encoding == TelemetryMessage.Can ? channels.GetString(row) : input.Message.Channel;
            if (!group.Wants(channel) || !Partitions.TryGetValue(input.Source.Partition, out var partition) || input.Record.Position.Offset < partition.Applied) continue;
            if (!partition.Vehicles.TryGetValue(input.VehicleId, out var vehicle)) partition.Vehicles[input.VehicleId] = vehicle = new FrameVehicle(input.VehicleId, StreamState.New);
            if (input.Record.Position.Offset < vehicle.State.FromOffset && vehicle.Window is null) continue;
            if (!chosen.TryGetValue((partition, vehicle, channel), out var places)) chosen[(partition, vehicle, channel)] = places = [];
            places.Add(new RowRef(0, row));
        }

        if (chosen.Count == 0) return;
        var light = WithoutBinary(part.Rows.Batch);
        foreach (var ((partition, vehicle, channel), places) in chosen)
        {
            var times = new long[places.Count];
            var offsets = new long[places.Count];
            for (int i = 0; i < times.Length; i++)
            {
                times[i] = part.Rows.SensorTimeNs.Span[places[i].Row];
                offsets[i] = inputs[part.Inputs[places[i].Row]].Record.Position.Offset;
            }

            var rows = part.Rows with
            {
                Channel = channel, SensorTimeNs = times, Batch = RowGather.Take([light], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(places)),
            };
            if (!arrived.TryGetValue((partition, vehicle), out var batches)) arrived[(partition, vehicle)] = batches = [];
            batches.Add(new StreamRows(rows, offsets));
        }
    }

    private static RecordBatch WithoutBinary(RecordBatch batch)
    {
        int[] kept = [.. Enumerable.Range(0, batch.Columns.Count).Where(i => batch.Schema.Fields[i].Type.Kind != TypeKind.Binary)];
        return kept.Length == batch.Columns.Count ? batch : new RecordBatch(new Schema([.. kept.Select(i => batch.Schema.Fields[i])]), batch.Length, [.. kept.Select(i => batch.Columns[i])]);
    }
}
