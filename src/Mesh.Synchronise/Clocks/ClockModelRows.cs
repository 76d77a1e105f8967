using Mesh.Columnar;

namespace Mesh.Synchronise.Clocks;

/// <summary>The clock models of a recording as rows of <c>mesh.clock_models</c>: one per segment, one for a channel without segments.</summary>
public static class ClockModelRows
{
    private static readonly StructType Knot = new(
    [
        new("device_ns", DataType.Int64, Nullable: false) { Doc = "Device time, nanoseconds." },
        new("offset_ns", DataType.Int64, Nullable: false) { Doc = "Host minus device, nanoseconds." },
        new("half_width_ns", DataType.Int64, Nullable: false) { Doc = "Half width of the 95 % band, nanoseconds." },
    ]);

    private static readonly StructType Jump = new(
    [
        new("first_index", DataType.Int64, Nullable: false) { Doc = "First stamped message of the channel that may be the first after the step, 0-based." },
        new("last_index", DataType.Int64, Nullable: false) { Doc = "Last one that may be." },
        new("device_ns", DataType.Int64, Nullable: false) { Doc = "Device time of the most likely first message after the step." },
        new("received_ns", DataType.Int64, Nullable: false) { Doc = "When that message was received." },
        new("delta_ns", DataType.Int64, Nullable: false) { Doc = "By how much host minus device grew." },
        new("half_width_ns", DataType.Int64, Nullable: false) { Doc = "Half width of the step's 95 % band." },
        new("cause", DataType.Utf8) { Doc = "What steps by just so much." },
    ]);

    private static readonly StructType Row = new(
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Ingest id of the recording." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "Topic as recorded." },
        new("time_base", DataType.Utf8, Nullable: false) { Doc = "header: the sensor's clock against the host's; log: no clock of its own; truth: the host's clock against true time." },
        new("segment", DataType.Int32, Nullable: false) { Doc = "Number of the segment between steps, from 0." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "When the segment's first message was recorded, by the host's clock." },
        new("kind", DataType.Utf8, Nullable: false) { Doc = "identity, hull, kalman or pairs." },
        new("from_ns", DataType.Int64) { Doc = "Earliest device time of the segment." },
        new("to_ns", DataType.Int64) { Doc = "Latest device time of the segment." },
        new("offset_ns", DataType.Int64) { Doc = "Host minus device at the beginning." },
        new("drift_ppm", DataType.Float64) { Doc = "Growth of the offset per device time, parts per million." },
        new("half_width_ns", DataType.Int64) { Doc = "Largest half width of the 95 % band." },
        new("knots", new ListType(new Field("element", Knot, Nullable: false))) { Doc = "The model: linear between these points." },
        new("jumps", new ListType(new Field("element", Jump, Nullable: false))) { Doc = "All steps of the channel's clock." },
        new("samples", DataType.Int64, Nullable: false) { Doc = "Stamps looked at, over all segments." },
        new("detectable_jump_ns", DataType.Int64) { Doc = "Smaller steps would not have been found." },
        new("notes", new ListType(new Field("element", DataType.Utf8, Nullable: false))) { Doc = "What explains the offset, and what limits the model." },
        new("refusal_code", DataType.Utf8) { Doc = "Why there is no model: the code." },
        new("refusal_reason", DataType.Utf8) { Doc = "Why there is no model." },
        new("topology", DataType.Utf8, Nullable: false) { Doc = "Topology that asked." },
        new("topology_version", DataType.Utf8, Nullable: false) { Doc = "Its version." },
    ]);

    /// <summary>The rows.</summary>
    /// <param name="models">What was found.</param>
    /// <param name="recordingId">Ingest id of the recording.</param>
    /// <param name="vehicleId">Pseudonym of the vehicle.</param>
    /// <param name="topology">Name of the topology.</param>
    /// <param name="topologyVersion">Its version.</param>
    public static RecordBatch Of(IReadOnlyList<ChannelClockModel> models, string recordingId, string vehicleId, string topology, string topologyVersion)
    {
        var rows = new StructBuilder(Row);
        foreach (var channel in models)
        {
            for (int i = 0; i < Math.Max(1, channel.Model.Segments.Count); i++)
            {
                var segment = i < channel.Model.Segments.Count ? channel.Model.Segments[i] : null;
                Append(rows, channel, segment, i, recordingId, vehicleId);
                Text(rows, 19, topology);
                Text(rows, 20, topologyVersion);
                rows.EndStruct();
            }
        }

        return rows.BuildBatch();
    }

    private static void Append(StructBuilder rows, ChannelClockModel channel, ClockSegment? segment, int number, string recordingId, string vehicleId)
    {
        var model = channel.Model;
        Text(rows, 0, recordingId);
        Text(rows, 1, vehicleId);
        Text(rows, 2, channel.Channel);
        Text(rows, 3, channel.TimeBase);
        ((FixedWidthBuilder<int>)rows.Children[4]).Append(number);
        Number(rows, 5, (segment?.ReceivedFromNs ?? channel.FirstLogTimeNs) / 1000);
        Text(rows, 6, model.Kind.ToString().ToLowerInvariant());
        Number(rows, 7, segment?.FromNs);
        Number(rows, 8, segment?.ToNs);
        Number(rows, 9, segment?.OffsetNs);
        if (segment is null) rows.Children[10].AppendNull();
        else ((FixedWidthBuilder<double>)rows.Children[10]).Append(segment.DriftPpm);
        Number(rows, 11, segment?.HalfWidthNs);

        var knots = (ListBuilder)rows.Children[12];
        var knot = (StructBuilder)knots.Element;
        foreach (var point in segment?.Knots ?? [])
        {
            Number(knot, 0, point.DeviceNs);
            Number(knot, 1, point.OffsetNs);
            Number(knot, 2, point.HalfWidthNs);
            knot.EndStruct();
        }

        knots.EndList();
        var jumps = (ListBuilder)rows.Children[13];
        var entry = (StructBuilder)jumps.Element;
        foreach (var jump in model.Jumps)
        {
            Number(entry, 0, jump.FirstIndex);
            Number(entry, 1, jump.LastIndex);
            Number(entry, 2, jump.DeviceNs);
            Number(entry, 3, jump.ReceivedNs);
            Number(entry, 4, jump.DeltaNs);
            Number(entry, 5, jump.HalfWidthNs);
            Text(entry, 6, jump.Cause);
            entry.EndStruct();
        }

        jumps.EndList();
        Number(rows, 14, model.Samples);
        Number(rows, 15, segment is null || model.DetectableJumpNs == long.MaxValue ? null : model.DetectableJumpNs);
        var notes = (ListBuilder)rows.Children[16];
        foreach (string note in model.Notes) ((BinaryBuilder)notes.Element).Append(note);
        notes.EndList();
        Text(rows, 17, model.Refusal?.Code);
        Text(rows, 18, model.Refusal?.Reason);
    }

    private static void Text(StructBuilder builder, int field, string? value)
    {
        if (value is null) builder.Children[field].AppendNull();
        else ((BinaryBuilder)builder.Children[field]).Append(value);
    }

    private static void Number(StructBuilder builder, int field, long? value)
    {
        if (value is null) builder.Children[field].AppendNull();
        else ((FixedWidthBuilder<long>)builder.Children[field]).Append(value.Value);
    }
}
