using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Builds the rows of the table of samples that are in no frame.</summary>
internal sealed class UnmatchedRows(string recordingId, string vehicleId, string frameChannel)
{
    private const int BatchRows = 8192;

    private readonly StructBuilder rows = new(new StructType(
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Ingest id of the recording." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "The sample's channel." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "The sample's sequence within recording and channel." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "The sample's log time." },
        new("input", DataType.Utf8, Nullable: false) { Doc = "Name of the input, a column of the frames." },
        new("time_ns", DataType.Int64, Nullable: false) { Doc = "The sample's sensor time, nanoseconds, latency added." },
        new("reason", DataType.Utf8, Nullable: false) { Doc = "Why it is in no frame." },
        new("miss_channel", DataType.Utf8) { Doc = "What came closest to a match and missed: the channel of the frame, or the member of the set that is farthest away." },
        new("miss_time_ns", DataType.Int64) { Doc = "Time of the nearest frame, or of that member's nearest sample, nanoseconds." },
        new("miss_distance_ns", DataType.Int64) { Doc = "From the sample's time to it, nanoseconds." },
    ]));

    /// <summary>Rows added so far.</summary>
    public long Count { get; private set; }

    /// <summary>Rows not yet handed out.</summary>
    public bool HasRows => rows.Length > 0;

    /// <summary>Whether <see cref="Build"/> is to be called.</summary>
    public bool IsFull => rows.Length >= BatchRows;

    /// <summary>Adds a sample whose nearest miss is a frame; null when there is no frame to name.</summary>
    public void AddNearFrame(SynchroniseInput input, in RowRef sample, string reason, (long TimeNs, long DistanceNs)? frame) =>
        Add(input, sample, reason, frame is { } near ? (frameChannel, near.TimeNs, near.DistanceNs) : null);

    /// <summary>Adds a sample whose nearest miss is a sample of another channel; null when there is none.</summary>
    public void Add(SynchroniseInput input, in RowRef sample, string reason, (string Channel, long TimeNs, long DistanceNs)? miss)
    {
        AddSample(input, sample, reason);
        if (miss is not { } near)
        {
            End(8);
            return;
        }

        Text(8, near.Channel);
        Number(9, near.TimeNs);
        Number(10, near.DistanceNs);
        End(11);
    }

    /// <summary>Adds a member's message for which another member's channel has nothing at all.</summary>
    public void AddAbsent(SynchroniseInput input, in RowRef sample, string absentChannel)
    {
        AddSample(input, sample, UnmatchedReasons.PartnerAbsent);
        Text(8, absentChannel);
        End(9);
    }

    /// <summary>Hands out the rows added since the last time.</summary>
    public RecordBatch Build() => rows.BuildBatch();

    private void AddSample(SynchroniseInput input, in RowRef sample, string reason)
    {
        Text(0, recordingId);
        Text(1, vehicleId);
        Text(2, input.Channel);
        Number(3, sample.Sequence);
        Number(4, sample.LogTime);
        Text(5, input.Name);
        Number(6, sample.Time);
        Text(7, reason);
    }

    private void End(int firstNull)
    {
        for (int i = firstNull; i < rows.Children.Count; i++) rows.ChildSpan[i].AppendNull();
        rows.EndStruct();
        Count++;
    }

    private void Text(int column, string value) => ((BinaryBuilder)rows.ChildSpan[column]).Append(value);

    private void Number(int column, long value) => ((FixedWidthBuilder<long>)rows.ChildSpan[column]).Append(value);
}
